/** What a real neighbor sends, recorded from kernels in memory: where mutations of links and kernels start from. */

import type { CallsEvent } from '../../src/features/calls/core/calls-types.ts';
import { calls } from '../../src/features/calls/feature.ts';
import type { ChannelEvent } from '../../src/features/channels/core/channel-types.ts';
import { channels } from '../../src/features/channels/feature.ts';
import { FrameSplitter } from '../../src/kernel/wire/splitter.ts';
import type { BehaviorOf } from '../../src/kit/feature.ts';
import { TestMesh, type TestNode } from '../core/harness.ts';

const output = Uint8Array.of(1, 2, 3, 4, 5);

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
    const { asker } = node.core.behavior(calls);
    const call = asker.call({ ...request, strategy: 'nearest', idempotent: false }, undefined);
    if (asker.unresolved % 3 === 0 && !('code' in call)) asker.abort(call);
  });
  node.mesh.run(20);
  for (const effect of victim.effects.splice(0)) {
    const event =
      effect.type === 'deliver' && effect.feature === 'calls' ? (effect.event as CallsEvent) : undefined;
    if (event?.type !== 'executions') continue;
    for (const execution of event.executions)
      victim.enter(() => victim.core.behavior(calls).responder.answered(execution, 0, output));
  }
}

/** A channel to `victim`: accepted, refused or given up by turns; a few bytes each way, and its end. */
function channelFrom(node: TestNode, victim: TestNode, turn: number): void {
  const enter = (at: TestNode, act: () => void): void =>
    at.enter(() => {
      at.kernel.enter(at.mesh.now);
      act();
    });
  let opened: ReturnType<BehaviorOf<typeof channels>['open']> | undefined;
  enter(node, () => {
    const options = { protocol: 'pair', windowBytes: 16_384, timeoutMs: 3000 };
    opened = node.core.behavior(channels).open(victim.id, options, undefined);
  });
  node.mesh.run(20);
  for (const effect of victim.effects.splice(0)) {
    const event =
      effect.type === 'deliver' && effect.feature === 'channel' ? (effect.event as ChannelEvent) : undefined;
    if (event?.type !== 'requested') continue;
    for (const requested of event.channels) {
      enter(victim, () => {
        if (turn % 3 === 0) return victim.core.behavior(channels).refuse(requested, 'not now');
        victim.core.behavior(channels).accept(requested, 16_384);
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
  victim.command('calls', 'serve', { service: 'echo', concurrency: 8, queue: 8 });
  mesh.run(1000);
  for (let i = 0; i < 20; i++) callFrom(i % 2 === 0 ? speaker : far, victim);
  victim.enter(() => void victim.core.behavior(channels).offer(''));
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
