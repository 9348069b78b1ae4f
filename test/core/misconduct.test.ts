/** What a member can do to others, and what becomes of it: forged records, floods. */
import { describe, expect, test } from 'vitest';
import { topologyLimits } from '../../src/features/topology/core/limits.ts';
import { decodeRecords, encodeRecords, TopologyType } from '../../src/features/topology/core/messages.ts';
import { topologyFeature } from '../../src/features/topology/core/topology.ts';
import { Ed25519Signer } from '../../src/host/keys/record-signer.ts';
import { featureNumber, idOf, instanceOf } from '../../src/kernel/identity.ts';
import {
  type Announcement,
  decodeAnnouncement,
  encodeAnnouncement,
} from '../../src/kernel/routing/announcement.ts';
import { encodeFrame, Frame, RouteKind } from '../../src/kernel/wire/frame.ts';
import { frameRanges } from '../../src/sim/world/network/frames.ts';
import { TestMesh, type TestNode } from './harness.ts';

function addSigned(mesh: TestMesh, name: string): Ed25519Signer {
  const signer = new Ed25519Signer();
  mesh.add(name, { signer, instance: instanceOf(signer.publicKey), degree: 0 });
  return signer;
}

/** b's machine changes the records that it passes on to a. */
function tamper(mesh: TestMesh, change: (record: Announcement) => readonly Uint8Array[]): void {
  const frame = new Frame();
  mesh.tamper = (bytes, from, to) => {
    if (from.name !== 'b' || to.name !== 'a') return bytes;
    const parts = (frameRanges(bytes) ?? []).map(([start, end]) => {
      frame.read(bytes, start, end);
      const isRecords =
        frame.feature === featureNumber(topologyFeature) && frame.type === TopologyType.records;
      if (!isRecords || frame.kind !== RouteKind.link) return bytes.slice(start, end);
      const records = (decodeRecords(frame.payload) ?? []).flatMap((one) => {
        const record = decodeAnnouncement(one.bytes) as Announcement;
        return change(record).map((made) => ({
          ...one,
          bytes: made.length === 0 ? one.bytes.slice() : made,
        }));
      });
      const { kind, type, feature, destination, source, sequence, flags, ttl } = frame;
      return encodeFrame(
        { kind, type, feature, destination, source, sequence, flags, ttl },
        encodeRecords(records),
      );
    });
    const [first = [0, 0]] = frameRanges(bytes) ?? [];
    return Uint8Array.of(...bytes.subarray(0, first[0]), ...parts.flatMap((part) => [...part]));
  };
}

const asItIs = [new Uint8Array(0)];
const cutOffOf = (node: TestNode) =>
  (node.kernel.status()[topologyFeature] as { cutOff: { name: string; reason: string; times: number }[] })
    .cutOff;
const linksOf = (node: TestNode) => [...node.kernel.neighbors.values()].map(({ name }) => name);

describe('a member that forges the record of another', () => {
  function forging(): { mesh: TestMesh; a: TestNode; b: TestNode } {
    const mesh = new TestMesh();
    const signers = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, addSigned(mesh, name)]));
    tamper(mesh, (record) =>
      record.name === 'c'
        ? [encodeAnnouncement({ ...record, sequence: record.sequence + 9, services: ['bank'] }, signers.b)]
        : asItIs,
    );
    const [a, b] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode];
    return { mesh, a, b };
  }

  test('is not believed, cut off, and named', () => {
    const { a } = forging();
    expect(a.core.records.get(idOf('c'))).toBeUndefined();
    expect(linksOf(a)).toEqual([]);
    expect(cutOffOf(a)).toEqual([{ name: 'b', reason: 'it passed on a forged record of c', times: 1 }]);
  });

  test('is let in again after a while, and cut off again', () => {
    const { mesh, a, b } = forging();
    b.dial('a');
    mesh.run(200);
    expect(linksOf(a)).toEqual([]);
    mesh.run(topologyLimits.cutOffMs);
    mesh.tamper = (bytes) => bytes;
    b.dial('a');
    mesh.run(200);
    expect(linksOf(a)).toEqual(['b']);
    expect(a.core.records.get(idOf('c'))?.services).toEqual([]);
  });
});

test('records that are signed pass through others unchanged and are believed', () => {
  const mesh = new TestMesh();
  for (const name of ['a', 'b', 'c', 'd']) addSigned(mesh, name);
  const [a] = mesh.chain('a', 'b', 'c', 'd') as [TestNode];
  mesh.run(2000);
  expect([...a.core.table.reachable()].sort()).toEqual(['b', 'c', 'd'].map(idOf).sort());
  expect(cutOffOf(a)).toEqual([]);
});

test('an unsigned record is forged where records are signed', () => {
  const mesh = new TestMesh();
  addSigned(mesh, 'a');
  mesh.add('b', { degree: 0 });
  const [a] = mesh.chain('a', 'b') as [TestNode];
  expect(cutOffOf(a)).toMatchObject([{ name: 'b', reason: 'it passed on a forged record of b' }]);
});

test('a member that floods records is cut off and named; one that relays an uproar is not', () => {
  const mesh = new TestMesh();
  let versions = 100;
  tamper(mesh, (record) =>
    record.name === 'c'
      ? Array.from({ length: versions }, (_, i) => encodeAnnouncement({ ...record, sequence: 1000 + i }))
      : asItIs,
  );
  const [a, b] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode];
  expect([linksOf(a), cutOffOf(a)]).toEqual([['b'], []]);
  versions = topologyLimits.excessRecordsBurst + topologyLimits.recordsBurst + 200;
  b.command(topologyFeature, 'announce');
  mesh.nodes.get('c')?.command(topologyFeature, 'announce');
  mesh.run(1000);
  expect(cutOffOf(a)).toMatchObject([{ name: 'b', reason: 'it floods the mesh with records' }]);
  expect(linksOf(a)).toEqual([]);
});
