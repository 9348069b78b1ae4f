/**
 * Bad bytes against everything that reads bytes: 20,000 and more mutated inputs. Nothing may throw, no
 * behavior may fail, memory stays bounded, and a healthy neighbor is served as before.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as calls from '../../src/features/calls/core/wire.ts';
import { channelLimits } from '../../src/features/channels/core/limits.ts';
import { ChannelCursor } from '../../src/features/channels/core/wire.ts';
import { DataCursor } from '../../src/features/messaging/core/wire.ts';
import { idOf } from '../../src/kernel/identity.ts';
import { limits } from '../../src/kernel/limits.ts';
import { encodeHello } from '../../src/kernel/link/hello.ts';
import { Link, type LinkOwner } from '../../src/kernel/link/link.ts';
import { Outbox } from '../../src/kernel/outbox.ts';
import { decodeAnnouncement, encodeAnnouncement } from '../../src/kernel/routing/announcement.ts';
import { encodeFrame, Frame, RouteKind } from '../../src/kernel/wire/frame.ts';
import { cleared, FrameSplitter } from '../../src/kernel/wire/splitter.ts';
import { TestMesh } from '../core/harness.ts';
import { wireSamples } from '../samples/index.ts';
import { hello } from '../samples/link.ts';
import { recordConversation } from './conversation.ts';
import { joined, mutate, mutations, seed, times } from './mutations.ts';

const conversation = recordConversation();
const runs = {
  decoders: times(12_000),
  streams: times(6000),
  links: times(8000),
  kernel: times(8000),
  datagrams: times(4000),
};
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const at = <Item>(list: readonly Item[], where: number): Item =>
  list[Math.floor(where * list.length)] as Item;

test('the runs below are at least 20,000, and the recorded conversation holds every kind of frame', () => {
  expect(Object.values(runs).reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(20_000);
  const frame = new Frame();
  const kinds = new Set(
    conversation.frames.map((bytes) => frame.read(bytes, 0, bytes.length) && `${frame.kind} ${frame.type}`),
  );
  expect(kinds.size).toBeGreaterThanOrEqual(8);
});

/** One frame of each kind around the payload, for what reads a payload in place. */
function framesAround(payload: Uint8Array): Uint8Array[] {
  return [1, 2, 3, 4, 5, 6, 7].map((type) =>
    encodeFrame(
      {
        kind: RouteKind.many,
        type,
        feature: 1,
        destination: 0,
        source: 1,
        sequence: 1,
        flags: type & 2,
        ttl: 1,
      },
      payload,
      [idOf('a')],
    ),
  );
}

const samples = wireSamples.flatMap((group) => group.samples);
/** Each once: samples of one type share theirs. */
const decoders = [...new Set(samples.map(({ decode }) => decode))];
const helloBytes = encodeHello(hello);
const solicitation = samples.find(({ type }) => type === 'solicitation')?.bytes as Uint8Array;

describe('mutated bytes', () => {
  test('make no decoder throw, and what decodes is within its limits', () => {
    const frame = new Frame();
    const cursor = new DataCursor();
    const callCursor = new calls.CallCursor();
    const channelCursor = new ChannelCursor();
    fc.assert(
      fc.property(place, mutations, (which, list) => {
        const bytes = mutate(at(samples, which).bytes, list);
        for (const decode of decoders) decode(bytes);
        for (const whole of framesAround(bytes)) {
          if (!frame.read(whole, 0, whole.length)) continue;
          cursor.read(frame);
          if (callCursor.readRequest(frame)) expect(callCursor.service.length).toBeLessThanOrEqual(64);
          callCursor.readReply(frame);
          if (channelCursor.read(frame))
            expect(channelCursor.text.length).toBeLessThanOrEqual(3 * channelLimits.channelTextLength);
        }
        const record = decodeAnnouncement(bytes);
        if (record === undefined) return;
        expect(record.links).not.toContain(record.id);
        expect(record.links.length).toBeLessThanOrEqual(limits.linksPerRecordMax);
        expect(idOf(record.name)).toBe(record.id);
        expect(decodeAnnouncement(encodeAnnouncement(record))).toEqual(record);
      }),
      { seed, numRuns: runs.decoders },
    );
  });

  test('in a stream of frames make the splitter say so or go on, never throw', () => {
    const frame = new Frame();
    const stream = joined(...conversation.frames.slice(0, 30));
    fc.assert(
      fc.property(place, mutations, fc.integer({ min: 1, max: 5000 }), (from, list, chunkBytes) => {
        const start = Math.floor(from * (stream.length - 2000));
        const bytes = mutate(stream.subarray(start, start + 2000), list);
        const splitter = new FrameSplitter({
          frame(chunk, first, end) {
            expect(end - first).toBeLessThanOrEqual(limits.frameBytesMax);
            if (frame.read(chunk, first, end))
              expect([frame.payload.length, frame.trace.length]).toHaveLength(2);
            return true;
          },
        });
        for (let i = 0; i < bytes.length; i += chunkBytes) {
          if (splitter.push(bytes.slice(i, i + chunkBytes)) !== undefined) return;
        }
      }),
      { seed, numRuns: runs.streams },
    );
  });
});

/** A link that accepts (or lets the decision wait), with an owner that only counts its end. */
function startLink(role: 'dialer' | 'listener', decides: boolean) {
  const outbox = new Outbox();
  const seen = { ended: 0, gone: 0 };
  const owner: LinkOwner = {
    outbox,
    allocate: cleared,
    hello: () => helloBytes,
    decide: (link, now) => (decides ? link.accept(false, now) : undefined),
    opened: () => undefined,
    confirmed: () => undefined,
    silent: () => undefined,
    frame: () => undefined,
    measured: () => undefined,
    stalled: () => undefined,
    refused: () => undefined,
    ended: () => void seen.ended++,
    gone: () => void seen.gone++,
    touched: () => undefined,
    hurried: () => undefined,
    count: () => undefined,
  };
  const link = new Link(owner, 1, role, { feature: 1, reason: 0, isPrivate: false }, 'somewhere', 0);
  return { link, outbox, seen };
}

describe('a link', () => {
  test('in whatever phase survives whatever comes, and ends exactly once', () => {
    const sound = [...conversation.handshake, ...conversation.frames.slice(0, 12)];
    const roles = fc.constantFrom('dialer' as const, 'listener' as const);
    fc.assert(
      fc.property(
        roles,
        fc.boolean(),
        fc.integer({ min: 0, max: 12 }),
        mutations,
        fc.boolean(),
        (role, decides, soundCount, list, drains) => {
          const { link, outbox, seen } = startLink(role, decides);
          if (soundCount > 0) link.connected('somewhere', undefined, 0);
          for (const chunk of sound.slice(0, soundCount)) link.receive(chunk.slice(), 1);
          if (drains) link.close('hangup', 2);
          link.receive(mutate(joined(...sound.slice(soundCount, soundCount + 3)), list), 3);
          link.pump();
          for (
            let now = 4;
            now < 60_000 && link.nextDeadline() < 60_000;
            now = Math.max(now + 1, link.nextDeadline())
          ) {
            link.deadline(now);
            link.polled(now);
          }
          link.lost(undefined, 60_000);
          expect(seen).toEqual({ ended: 1, gone: 1 });
          expect(outbox.drain().filter((effect) => effect.type === 'close').length).toBeLessThanOrEqual(1);
        },
      ),
      { seed, numRuns: runs.links },
    );
  });
});

describe('a kernel', () => {
  const mesh = new TestMesh(4);
  const victim = mesh.add('victim');
  const friend = mesh.add('friend');
  victim.dial('friend');
  mesh.run(50);
  for (const node of [victim, friend]) node.listen(1_000_000);

  /** The frame with other bytes after its header, its length put right: it gets as far as a decoder. */
  function withMutatedPayload(bytes: Uint8Array, list: Parameters<typeof mutate>[1]): Uint8Array {
    const frame = joined(bytes.subarray(0, 12), mutate(bytes.subarray(12), list));
    const { length } = frame;
    frame.set([(length - 4) >>> 24, (length - 4) >>> 16, (length - 4) >>> 8, length - 4]);
    return frame;
  }

  function attack(chunks: readonly Uint8Array[]): void {
    let link = 0;
    victim.enter(() => {
      link = victim.kernel.accepted('attacker', undefined, mesh.now);
    });
    for (const chunk of chunks) victim.enter(() => victim.kernel.received(link, chunk.slice(), mesh.now));
    mesh.run(3);
    victim.enter(() => victim.kernel.closed(link, undefined, mesh.now));
  }

  function expectHealthy(): void {
    expect(victim.counter('kernel.exceptions')).toBe(0);
    const tokens = [victim.send([friend], 'still there?'), friend.send([victim], 'yes')];
    mesh.run(3000);
    expect(victim.sent(tokens[0] as number)?.delivered).toEqual([friend.id]);
    expect(friend.sent(tokens[1] as number)?.delivered).toEqual([victim.id]);
    expect(victim.neighborNames()).toEqual(['friend']);
  }

  test('with open links survives mutated frames and still serves its healthy neighbor', () => {
    const mode = fc.constantFrom('stream', 'payload', 'handshake');
    fc.assert(
      fc.property(mode, place, mutations, (how, where, list) => {
        const { handshake, frames } = conversation;
        const from = Math.floor(where * frames.length);
        const some = frames.slice(from, from + 4);
        if (how === 'handshake') attack([mutate(joined(...handshake, ...some), list)]);
        else if (how === 'stream') attack([...handshake, mutate(joined(...some), list)]);
        else attack([...handshake, ...some.map((frame) => withMutatedPayload(frame, list))]);
        expect(victim.counter('kernel.exceptions')).toBe(0);
      }),
      { seed, numRuns: runs.kernel, endOnFailure: true },
    );
    expectHealthy();
    // Enough of them got through the handshake, and enough were thrown out, for this to mean something.
    expect(victim.counter('links.up')).toBeGreaterThan(runs.kernel / 2);
    expect(victim.counter('link.violations')).toBeGreaterThan(100);
    expect(victim.kernel.counters.size).toBeLessThan(100);
    expect(victim.core.records.size).toBeLessThan(500);
    // What it holds of links: the friend's, and perhaps the last of the attackers' that still drains.
    const { links } = victim.kernel as unknown as { links: { byId: Map<number, Link> } };
    expect(links.byId.size).toBeLessThanOrEqual(2);
    victim.effects.length = 0;
  });

  test('survives mutated datagrams, and counts those that are not for it', () => {
    fc.assert(
      fc.property(place, mutations, fc.uint8Array({ maxLength: 40 }), (which, list, noise) => {
        const bytes = which < 0.1 ? noise : mutate(solicitation, list);
        victim.enter(() => victim.kernel.datagram(bytes, '10.0.0.9:1', mesh.now));
      }),
      { seed, numRuns: runs.datagrams },
    );
    mesh.run(1000);
    expectHealthy();
    expect(victim.counter('datagrams.unknown')).toBeGreaterThan(0);
  });
});
