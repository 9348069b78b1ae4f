/** What an idle worker costs the mesh, frame by frame. */
import { expect, test } from 'vitest';
import { lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { Frame } from '../../src/kernel/wire/frame.ts';
import { frameRanges } from '../../src/sim/world/network/frames.ts';
import { formations } from './formations.ts';

const formation = formations();

/** Frames that nodes of three write in a minute, by the feature that they are of: those of the mesh itself are not counted. */
async function minuteOf(
  isWorker: boolean,
): Promise<Readonly<Record<'tasks' | 'availability' | 'letters' | 'log', number>>> {
  const made = await formation({ seed: 61, nodes: 3 });
  const [worker] = made.others.map(lifeOf);
  if (isWorker) worker?.node.tasks.work('job', () => 1);
  await made.world.run(20_000);
  const counts = { tasks: 0, availability: 0, letters: 0, log: 0 };
  const names = Object.keys(counts) as (keyof typeof counts)[];
  const frame = new Frame();
  made.mesh.observers.push({
    wrote(_life, _to, bytes) {
      for (const [start, end] of frameRanges(bytes) ?? []) {
        if (!frame.read(bytes, start, end)) continue;
        const name = names.find((each) => featureNumber(each) === frame.feature);
        if (name !== undefined) counts[name]++;
      }
    },
  });
  await made.world.run(60_000);
  return counts;
}

test('an idle worker and its broker write two frames each for a renewal of the lease, every 3 s, and no other', async () => {
  const idle = await minuteOf(false);
  expect(idle.tasks).toBe(0);
  expect(await minuteOf(true)).toEqual({ ...idle, tasks: 80 });
});
