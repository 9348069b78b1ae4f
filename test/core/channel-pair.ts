/**
 * Two ends of a channel between kernels of the harness, with a program at each: writes what it is told to, reads
 * what comes, and knows how it ended.
 */

import type { Channel } from '../../src/features/channels/core/channel.ts';
import type { ChannelEvent, OpenOptions } from '../../src/features/channels/core/channel-types.ts';
import { channels } from '../../src/features/channels/feature.ts';
import { type Failure, failure } from '../../src/kernel/errors.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { concatenate } from '../../src/kernel/wire/bytes.ts';
import type { Frame } from '../../src/kernel/wire/frame.ts';
import { changeFrames, type TestMesh, type TestNode } from './harness.ts';

const openOptions: OpenOptions = { protocol: 'pair', windowBytes: 64 * 1024, timeoutMs: 10_000 };
const channelNumber = featureNumber('channel');

/** A program that holds one end. */
export class End {
  readonly node: TestNode;
  readonly channel: Channel;
  readonly read: Uint8Array[] = [];
  isReading = true;
  private pending: Uint8Array = new Uint8Array(0);
  private isEnding = false;

  constructor(node: TestNode, channel: Channel) {
    this.node = node;
    this.channel = channel;
  }

  get phase(): string {
    return this.channel.phase.name;
  }

  get failure(): Failure | undefined {
    return this.channel.phase.name === 'over' ? this.channel.phase.failure : undefined;
  }

  get bytes(): Uint8Array {
    return concatenate(this.read);
  }

  get hasEnded(): boolean {
    return this.channel.receiver.isDrained;
  }

  /** All that it has, as soon as there is room. */
  write(bytes: Uint8Array): void {
    this.pending = concatenate([this.pending, bytes]);
    this.act();
  }

  end(): void {
    this.isEnding = true;
    this.act();
  }

  readOn(): void {
    this.isReading = true;
    this.act();
  }

  abandon(text = 'enough'): void {
    enter(this.node, () => this.channel.abandon(text));
  }

  act(): void {
    if (!this.node.alive) return;
    enter(this.node, () => this.turn());
  }

  private turn(): void {
    const { channel } = this;
    if (this.isReading) {
      for (let bytes = channel.take(); bytes !== undefined; bytes = channel.take()) this.read.push(bytes);
      channel.consume(0);
    }
    if (!channel.isOpen) return;
    if (this.pending.length > 0) this.pending = this.pending.subarray(channel.write(this.pending, 0));
    if (this.isEnding && this.pending.length === 0) channel.end();
  }
}

const seen = new WeakMap<TestNode, number>();

export function enter(node: TestNode, act: () => void): void {
  node.enter(() => {
    node.kernel.enter(node.mesh.now);
    act();
  });
}

function eventsOf(node: TestNode): ChannelEvent[] {
  return node.effects.flatMap((effect) =>
    effect.type === 'deliver' && effect.feature === 'channel' ? [effect.event as ChannelEvent] : [],
  );
}

export function requestsAt(node: TestNode): Channel[] {
  return eventsOf(node).flatMap((event) => (event.type === 'requested' ? event.channels : []));
}

/** Lets time pass in small steps; after each the ends act on what has changed. */
export function run(mesh: TestMesh, milliseconds: number, all: readonly End[], stepMs = 5): void {
  for (let passed = 0; passed < milliseconds; passed += stepMs) {
    mesh.run(Math.min(stepMs, milliseconds - passed));
    for (const end of all) {
      const { node } = end;
      const count = node.effects.length;
      if (seen.get(node) === count && !end.isReading) continue;
      end.act();
    }
    for (const { node } of all) seen.set(node, node.effects.length);
  }
}

export function offer(node: TestNode, protocol = ''): void {
  enter(node, () => node.core.behavior(channels).offer(protocol));
}

export function open(from: TestNode, to: TestNode, options: Partial<OpenOptions> = {}): Channel | Failure {
  let opened: Channel | Failure = failure('SKEIN_INVALID', 'not asked');
  enter(from, () => {
    opened = from.core.behavior(channels).open(to.id, { ...openOptions, ...options }, undefined);
  });
  return opened;
}

/** Opens a channel and accepts it. */
export function pair(from: TestNode, to: TestNode, options: Partial<OpenOptions> = {}): [End, End] {
  offer(to);
  const opened = open(from, to, options);
  if ('code' in opened) throw new Error(opened.message);
  from.mesh.run(3000);
  const request = requestsAt(to).at(-1) as Channel;
  enter(to, () => to.core.behavior(channels).accept(request, options.windowBytes ?? openOptions.windowBytes));
  from.mesh.run(3000);
  return [new End(from, opened), new End(to, request)];
}

export function numbered(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** Each channel frame of a chunk becomes what `change` makes of it. */
export function changedFrames(
  bytes: Uint8Array,
  change: (frame: Frame, raw: Uint8Array) => readonly Uint8Array[],
): Uint8Array {
  return changeFrames(bytes, channelNumber, change);
}

/** In a few words: an error that prints megabytes helps nobody. */
export function differenceOf(got: Uint8Array, wanted: Uint8Array): string {
  const at = got.findIndex((byte, i) => byte !== wanted[i]);
  if (at >= 0) return `at ${at} of ${got.length}`;
  return got.length === wanted.length ? 'none' : `${got.length} bytes of ${wanted.length}`;
}
