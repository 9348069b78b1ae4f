/** What a liar invents is bounded: records stop at their limit, and the truth still finds room. */
import { expect, test } from 'vitest';
import { encodeRecords, TopologyType } from '../../src/features/topology/core/messages.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { limits } from '../../src/kernel/limits.ts';
import { encodeFrame, RouteKind } from '../../src/kernel/wire/frame.ts';
import { SeededRandom } from '../../src/sim/index.ts';
import { ghostRecord } from '../../src/sim/world/faults/lies.ts';
import { TestStage } from './stage.ts';

const perFrame = 1000;

test('a flood of invented nodes fills no more than the limit of records', async () => {
  const stage = await new TestStage().start(2);
  const liar = stage.mesh.member('n1')?.life;
  const victim = stage.mesh.member('n2')?.life;
  if (liar === undefined || victim === undefined) throw new Error('not started');
  const random = SeededRandom.fromSeed(1);
  let invented = 0;
  const framesLeft = Math.ceil((limits.recordsMax * 1.1) / perFrame);
  let frames = 0;
  liar.platform.tampering = (_end, bytes) => {
    if (frames++ >= framesLeft) return bytes;
    const records = Array.from({ length: perFrame }, () => ({
      bytes: ghostRecord(`ghost-${invented++}`, liar.node.id, stage.mesh.notary.makeSigner(random), random),
      unreachableForMs: 0,
    }));
    const header = { kind: RouteKind.link, type: TopologyType.records, feature: featureNumber('topology') };
    const rest = { destination: 0, source: liar.node.id, sequence: 0, flags: 0, ttl: 1 };
    const lie = encodeFrame({ ...header, ...rest }, encodeRecords(records));
    const both = new Uint8Array(bytes.length + lie.length);
    both.set(bytes);
    both.set(lie, bytes.length);
    return both;
  };
  for (let i = 0; i < 200 && frames < framesLeft; i++) await stage.world.run(1000);
  await stage.world.run(5000);
  const { features } = await stage.world.resolve(victim.node.status());
  const { records } = features.topology as { records: number };
  expect(invented).toBeGreaterThan(limits.recordsMax);
  expect(records).toBeGreaterThan(limits.recordsMax / 2);
  expect(records).toBeLessThanOrEqual(limits.recordsMax);
  expect(victim.knows.has('n1')).toBe(true);
  stage.mesh.killAll();
});
