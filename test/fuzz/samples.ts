/** Sound bytes of every kind that one node may receive: what the mutations start from. */

import type { CallsEvent } from '../../src/core/features/calls/calls-types.ts';
import * as calls from '../../src/core/features/calls/wire.ts';
import type { ChannelEvent } from '../../src/core/features/channel/channel-types.ts';
import * as channel from '../../src/core/features/channel/wire.ts';
import { encodeSolicitation } from '../../src/core/features/discovery/solicitation.ts';
import { encodeReceipts, MessageType } from '../../src/core/features/messaging/wire.ts';
import * as topology from '../../src/core/features/topology/messages.ts';
import { idOf } from '../../src/core/identity.ts';
import { encodeHello } from '../../src/core/link/hello.ts';
import { encodeRefusal } from '../../src/core/link/refusal.ts';
import { type Announcement, encodeAnnouncement } from '../../src/core/routing/announcement.ts';
import { concatenate } from '../../src/core/wire/bytes.ts';
import { encodeReturned } from '../../src/core/wire/returned.ts';
import { FrameSplitter } from '../../src/core/wire/splitter.ts';
import { TestMesh, type TestNode } from '../core/harness.ts';

const instance = '0123456789abcdef';
const other = 'fedcba9876543210';

export const announcement: Announcement = {
  id: idOf('x'),
  name: 'x',
  namespace: 'test',
  instance,
  epoch: 1,
  sequence: 9,
  left: false,
  version: '1.0.0',
  addresses: ['10.0.0.1:7000', '[::1]:7000'],
  links: [idOf('a'), idOf('b'), idOf('c')].sort((a, b) => a - b),
  services: ['echo', 'render'],
  sections: new Map([['gossip', Uint8Array.of(1, 2, 3)]]),
};

const hello = {
  wireVersion: 1,
  wireVersionMin: 1,
  id: idOf('x'),
  name: 'x',
  namespace: 'test',
  instance,
  version: '1.0.0',
  purpose: 'direct',
  solicits: true,
  uptimeMs: 1234,
  islandNodes: 5,
  stallToleranceMs: 3000,
  features: ['topology', 'messaging'],
  keyId: new Uint8Array(0),
} as const;

const entry = { id: idOf('a'), epoch: 1, sequence: 3, life: 77, check: 9 };

const output = Uint8Array.of(1, 2, 3, 4, 5);

const ends = { life: 77, forLife: 78, isOpener: true };

export const encoded = {
  hello: encodeHello(hello),
  refusal: encodeRefusal({ code: 'SKEIN_BUSY', message: 'no room' }),
  announcement: encodeAnnouncement(announcement),
  solicitation: encodeSolicitation({
    name: 'x',
    namespace: 'test',
    instance,
    wants: 2,
    component: idOf('a'),
    componentSize: 3,
    wallTimeMs: 1_700_000_000_000,
    nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    addresses: ['x', '10.0.0.1:7000'],
  }),
  records: topology.encodeRecords([
    { bytes: encodeAnnouncement(announcement), unreachableForMs: 0 },
    { bytes: encodeAnnouncement({ ...announcement, sequence: 10 }), unreachableForMs: 5000 },
  ]),
  summary: topology.encodeSummary({ buckets: [1, 5, 63], entries: [entry, { ...entry, id: idOf('b') }] }),
  fullSummary: topology.encodeSummary({ buckets: undefined, entries: [entry] }),
  ids: topology.encodeIds([idOf('a'), idOf('b')]),
  words: topology.encodeWords([1, 2]),
  buckets: topology.encodeWords(new Array<number>(128).fill(7)),
  probe: topology.encodeProbe({
    nonce: 5,
    via: idOf('a'),
    claim: { instance, uptimeMs: 99, islandNodes: 4 },
    stays: true,
  }),
  probeReply: topology.encodeProbeReply({ nonce: 5, prober: instance, instance: other, stays: true }),
  receipts: encodeReceipts(0x0123456789ab, [1, 2, 9], [0, 0, 2]),
  request: concatenate([
    calls.encodeRequestHead({
      life: 77,
      lifeTail: 5,
      forLife: 78,
      timeoutMs: 10_000,
      service: 'echo',
      encoding: 1,
    }),
    output,
  ]),
  reply: concatenate([calls.encodeReplyHead(77, calls.ReplyStatus.done, 3, 1), output]),
  remoteFailure: calls.encodeFailure({ code: 'E_DISK', message: 'the disk is full' }),
  got: calls.encodeGot(77, [1, 2, 3, 9]),
  life: calls.encodeLife(77),
  channelOpen: channel.encodeOpen(ends, 65_536, 'pair'),
  channelReason: channel.encodeReason(ends, 'nobody', 'there is nobody'),
  channelData: concatenate([channel.encodeDataHead(ends), output]),
  channelCredit: channel.encodeCredit(ends, 5, 70_000, 3),
  channelEnd: channel.encodeEnd(ends, 5),
  returned: encodeReturned({
    reason: 'ttl',
    type: MessageType.data,
    sequence: 5,
    nodes: [idOf('a'), idOf('b')],
  }),
};

/** The frames in a stream, each whole. */
function framesOf(stream: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  new FrameSplitter({
    frame(bytes, start, end) {
      frames.push(bytes.slice(start, end));
      return true;
    },
  }).push(stream);
  return frames;
}

export interface Conversation {
  /** Preface and hello, proof, acceptance: chunk by chunk. */
  readonly handshake: readonly Uint8Array[];
  /** What a real neighbor sends afterwards: topology, messages of all kinds, receipts, heartbeats. */
  readonly frames: readonly Uint8Array[];
}

/** One call of `victim`'s: answered, given up or left to its deadline, by turns. */
function callFrom(node: TestNode, victim: TestNode): void {
  const request = { service: 'echo', encoding: 0, input: output, timeoutMs: 3000, to: victim.id, key: '' };
  node.enter(() => {
    node.kernel.enter(node.mesh.now);
    const { asker } = node.core.calls;
    const call = asker.call({ ...request, strategy: 'nearest', idempotent: false }, undefined);
    if (asker.unresolved % 3 === 0 && !('code' in call)) asker.abort(call);
  });
  node.mesh.run(20);
  for (const effect of victim.effects.splice(0)) {
    const event =
      effect.type === 'deliver' && effect.feature === 'calls' ? (effect.event as CallsEvent) : undefined;
    if (event?.type !== 'executions') continue;
    for (const execution of event.executions)
      victim.enter(() => victim.core.calls.responder.answered(execution, 0, output));
  }
}

/** A channel to `victim`: accepted, refused or given up by turns; a few bytes each way, and its end. */
function channelFrom(node: TestNode, victim: TestNode, turn: number): void {
  const enter = (at: TestNode, act: () => void): void =>
    at.enter(() => {
      at.kernel.enter(at.mesh.now);
      act();
    });
  let opened: ReturnType<typeof node.core.channels.open> | undefined;
  enter(node, () => {
    const options = { protocol: 'pair', windowBytes: 16_384, timeoutMs: 3000 };
    opened = node.core.channels.open(victim.id, options, undefined);
  });
  node.mesh.run(20);
  for (const effect of victim.effects.splice(0)) {
    const event =
      effect.type === 'deliver' && effect.feature === 'channel' ? (effect.event as ChannelEvent) : undefined;
    if (event?.type !== 'requested') continue;
    for (const requested of event.channels) {
      enter(victim, () => {
        if (turn % 3 === 0) return victim.core.channels.refuse(requested, 'not now');
        victim.core.channels.accept(requested, 16_384);
        requested.write(output, 0);
        if (turn % 3 === 1) requested.end();
      });
    }
  }
  node.mesh.run(20);
  const near = opened;
  if (near === undefined || 'code' in near) return;
  enter(node, () => {
    near.write(output, 0);
    if (turn % 2 === 0) near.end();
    else near.abandon('enough');
  });
  node.mesh.run(50);
}

/** What a neighbor really sends to a node called `victim`: recorded from a mesh of three. */
export function recordConversation(): Conversation {
  const mesh = new TestMesh(99);
  const chunks: Uint8Array[] = [];
  const victim = mesh.add('victim');
  const speaker = mesh.add('speaker');
  mesh.tamper = (bytes, from, to) => {
    if (from === speaker && to === victim) chunks.push(bytes);
    return bytes;
  };
  speaker.dial('victim');
  mesh.run(20);
  const handshake = chunks.splice(0, 3);
  const [, , far] = mesh.chain('victim', 'speaker', 'far') as [TestNode, TestNode, TestNode];
  for (const node of [victim, speaker, far]) node.listen();
  victim.send([speaker, far], 'to them');
  speaker.send([victim], 'hello', { traced: true });
  far.send([victim], 'from afar', { traced: true });
  speaker.send([victim], new Uint8Array(300 * 1024));
  far.send([victim, speaker], 'both', { acknowledged: false });
  victim.command('calls', { type: 'serve', service: 'echo', concurrency: 8, queue: 8 });
  mesh.run(1000);
  for (let i = 0; i < 20; i++) callFrom(i % 2 === 0 ? speaker : far, victim);
  victim.enter(() => void victim.core.channels.offer(''));
  for (let i = 0; i < 12; i++) channelFrom(i % 4 === 3 ? far : speaker, victim, i);
  mesh.run(12_000);
  far.kill();
  mesh.run(200);
  speaker.stop();
  mesh.run(50);
  const frames = chunks.flatMap(framesOf);
  // Parts of a quarter megabyte each would make every case slow; one such frame is enough.
  const small = frames.filter((frame) => frame.length < 4096);
  return { handshake, frames: small };
}
