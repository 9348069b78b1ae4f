import { expect, test } from 'vitest';
import { hostLimits } from './limits.ts';
import { StoreWarnings } from './store-warnings.ts';

test('each warning is kept once, with when it came last, and the latest ones of many', () => {
  const logged: string[] = [];
  let now = 0;
  const warnings = new StoreWarnings(
    (text) => logged.push(text),
    () => now,
  );
  warnings.warn('a');
  now = 5;
  warnings.warn('b');
  now = 9;
  warnings.warn('a');
  expect(warnings.all).toEqual([
    { at: 5, text: 'b' },
    { at: 9, text: 'a' },
  ]);
  expect(logged).toEqual(['a', 'b', 'a']);
  for (let i = 0; i < hostLimits.storeWarningsKept; i++) warnings.warn(String(i));
  expect(warnings.all).toHaveLength(hostLimits.storeWarningsKept);
  expect(warnings.all[0]?.text).toBe('0');
});
