/** A broker whose event loop hangs is ended where it asked for that. */
import { expect, test } from 'vitest';
import { broker } from './hung-broker.ts';

test('is ended after 10 s, and says why', async () => {
  const { signal, stderr } = await broker({ endWhenHung: true }, 'hang(30_000)');
  expect(signal).toBe('SIGKILL');
  expect(stderr).toBe(
    'skein: this node was the broker and did nothing for 10 s: it is ended, so that another can be\n',
  );
});
