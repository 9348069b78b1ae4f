/** A broker whose event loop hangs is not ended where it did not ask for that, nor one that only pauses. */
import { expect, test } from 'vitest';
import { broker } from './hung-broker.ts';

test.concurrent('is not, where it did not ask for it', async () => {
  expect(await broker({}, 'hang(12_000)')).toEqual({ code: 7, signal: null, stderr: '' });
});

test.concurrent('that is busy for seconds, again and again, is not', async () => {
  const body = 'for (let i = 0; i < 3; i++) { hang(5000); await sleep(10); }';
  expect(await broker({ endWhenHung: true }, body)).toEqual({ code: 7, signal: null, stderr: '' });
});

test.concurrent('that has closed its node may do as it likes', async () => {
  expect(await broker({ endWhenHung: true }, 'await node.close(); hang(12_000)')).toEqual({
    code: 7,
    signal: null,
    stderr: '',
  });
});
