/**
 * What happens to a store whose disk fills up and has room again later: one script, run on each kind of disk.
 *
 * The transcript must be the same on a simulated disk and on a real one.
 */
import { expect } from 'vitest';
import type { Store } from '../../src/kernel/contracts.ts';
import type { SkeinError } from '../../src/kernel/errors.ts';

/** A machine with a disk, and one store after the other on it. */
export interface FullDiskRig {
  readonly store: Store;
  reopen(): Promise<void>;
  settle<Value>(promise: Promise<Value>): Promise<Value>;
  /** Takes all the room that the disk has, or gives it back. */
  fill(isFull: boolean): void;
  /** Lets time pass before the next attempt. */
  pause(): Promise<void>;
}

const rowBytes = 20_000;
const rowCount = 300;
const everything = { from: 0, below: 1_000_000 };

export async function playFullDisk(rig: FullDiskRig): Promise<readonly unknown[]> {
  const ask = async (feature: string, verb: string, input?: unknown) => {
    try {
      return await rig.store.execute(feature, { verb, input: input as never });
    } catch (error) {
      return (error as SkeinError).code;
    }
  };
  const put = (n: number) => ask('ledger', 'put', { n, text: '', bytes: new Uint8Array(rowBytes) });
  const remove = (n: number) => ask('ledger', 'remove', n);
  const count = async () => ((await ask('ledger', 'list', everything)) as unknown[]).length;
  const all = <Value>(answers: readonly Promise<Value>[]) => rig.settle(Promise.all(answers));
  const transcript: unknown[] = [];

  for (let n = 0; n < rowCount; n += 10) await all(Array.from({ length: 10 }, (_, i) => put(n + i)));
  rig.fill(true);
  // On a real disk some still fit into room that the store has already.
  let last = rowCount;
  let refused = await rig.settle(put(last));
  for (; typeof refused === 'number'; refused = await rig.settle(put(last))) last++;
  const before = await rig.settle(count());
  transcript.push(refused, before === last);
  transcript.push(await all([put(last), remove(0), ask('tally', 'put', 1), remove(0), ask('tally', 'get')]));
  transcript.push(await all([rig.store.claim(7), put(last)]));
  // Two hundred at once: more than one transaction.
  const removed = await all(Array.from({ length: 200 }, (_, i) => remove(i + 1)));
  transcript.push(
    removed.every((answer) => answer === true),
    before - (await rig.settle(count())),
  );
  for (let n = 201; n <= 220; n++) {
    // Another program takes the room that the reserve has given.
    rig.fill(true);
    transcript.push(await rig.settle(remove(n)));
  }
  await rig.reopen();
  transcript.push(await all([put(last), remove(221), ask('tally', 'get')]));
  transcript.push(before - (await rig.settle(count())));
  rig.fill(false);
  let answer = await rig.settle(put(last));
  for (; answer === 'SKEIN_STORE_FULL'; answer = await rig.settle(put(last))) await rig.pause();
  transcript.push(typeof answer, before - (await rig.settle(count())));
  return transcript;
}

export const fullDiskTranscript: readonly unknown[] = [
  'SKEIN_STORE_FULL',
  true,
  ['SKEIN_STORE_FULL', true, 'SKEIN_STORE_FULL', false, 0],
  [{ isClaimed: true, epoch: 7, id: expect.any(String) }, 'SKEIN_STORE_FULL'],
  true,
  201,
  ...Array.from({ length: 20 }, () => true),
  ['SKEIN_STORE_FULL', true, 0],
  222,
  'number',
  221,
];
