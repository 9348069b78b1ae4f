/** What the kernel makes of completions of the store. */
import { expect, test } from 'vitest';
import type { Behavior, StoreResult } from '../../src/kernel/contracts.ts';
import { failure } from '../../src/kernel/errors.ts';
import { TestMesh, type TestNode } from './harness.ts';

function withRecorder(): { a: TestNode; calls: string[]; report: (feature: string, token: number) => void } {
  const calls: string[] = [];
  const recorder: Behavior = {
    name: 'recorder',
    lifecycle: { stopped: () => calls.push('stopped') },
    store: { completed: (_agent, { token, verb, ok }) => void calls.push(`${token} ${verb} ${ok}`) },
  };
  const mesh = new TestMesh();
  const a = mesh.add('a', { behaviors: [recorder] });
  const report = (feature: string, token: number): void => {
    const result: StoreResult =
      token === 1 ? { ok: true, value: 7 } : { ok: false, failure: failure('SKEIN_STORE_FULL', 'x') };
    const operation = { verb: 'put', input: undefined as never };
    a.kernel.stored({ type: 'store', place: 'swarm', feature, token, operation }, result, mesh.now);
  };
  return { a, calls, report };
}

test('a completion goes to the behavior that asked, and one for a feature that is not there to nobody', () => {
  const { calls, report } = withRecorder();
  report('recorder', 1);
  report('recorder', 2);
  report('nobody', 3);
  expect(calls).toEqual(['1 put true', '2 put false']);
});

test('a behavior that has been stopped hears of no completion any more', () => {
  const { a, calls, report } = withRecorder();
  a.kernel.stop(2000);
  report('recorder', 1);
  expect(calls).toEqual(['stopped']);
});
