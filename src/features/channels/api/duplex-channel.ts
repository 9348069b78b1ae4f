/**
 * A channel of a node in this process: a `Duplex` over the core's channel.
 *
 * Made by `Channels` (channels.ts), which calls `changed` when the core says that something is new. Invariant: what
 * waits in the stream's own buffer counts against the window, so that a reader that stands still holds that much and
 * no more; a write is done once the core has taken all of it; the end is written once the other node has all.
 */
import { Duplex } from 'node:stream';
import { SkeinError } from '../../../kernel/errors.ts';
import type { Channel, ChannelCounters } from '../api.ts';
import type { Channel as CoreChannel } from '../core/channel.ts';

export interface DuplexPorts {
  /** Begins a turn of the kernel. False: the node has ended. */
  readonly enter: () => boolean;
  readonly closed: (channel: DuplexChannel) => void;
}

/** Within the stream, besides the window of the other end. */
const bufferedBytes = 64 * 1024;

interface Write {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly done: (error?: Error | null) => void;
}

export class DuplexChannel extends Duplex implements Channel {
  readonly node: string;
  readonly protocol: string;
  private readonly core: CoreChannel;
  private readonly ports: DuplexPorts;
  /** The stream has room for more. */
  private wants = false;
  private hasEnded = false;
  /** What there was no room for. */
  private pending: Write | undefined;
  private ending: ((error?: Error | null) => void) | undefined;

  constructor(core: CoreChannel, ports: DuplexPorts) {
    super({
      allowHalfOpen: true,
      readableHighWaterMark: Math.min(bufferedBytes, core.receiver.window),
      writableHighWaterMark: bufferedBytes,
    });
    this.core = core;
    this.ports = ports;
    this.node = core.peer.name;
    this.protocol = core.protocol;
    // What had come before it was lost has been read now.
    this.once('end', () => this.look());
  }

  get path(): 'direct' | 'mesh' {
    return this.core.path;
  }

  get counters(): ChannelCounters {
    const { sender, receiver } = this.core;
    return {
      writtenBytes: sender?.written ?? 0,
      acknowledgedBytes: sender?.acknowledged ?? 0,
      receivedBytes: receiver.received,
      waitingBytes: receiver.received - receiver.consumed,
    };
  }

  /** The core has something new. */
  changed(): void {
    if (this.destroyed) return;
    if (this.pending !== undefined) this.writeOn();
    if (this.ending !== undefined && this.core.sender?.isEndAcknowledged === true) this.ended();
    if (this.wants) this.pull();
    this.look();
  }

  // ── Duplex ────────────────────────────────────────────────────────────────────────────────────────

  override _read(): void {
    this.wants = true;
    this.pull();
    this.look();
  }

  /** What the stream kept leaves it here and only here; it asks for more before that, and then not again. */
  override read(size?: number): unknown {
    const bytes: unknown = super.read(size);
    if (bytes !== null) this.consume();
    return bytes;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.pending = { bytes: chunk, from: 0, done };
    this.writeOn();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.ending = done;
    if (this.ports.enter()) this.core.end();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.pending = undefined;
    this.ending = undefined;
    if (!this.core.isOver && this.ports.enter()) this.core.abandon(error?.message ?? '');
    this.ports.closed(this);
    done(error);
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────────

  private writeOn(): void {
    const { bytes, from, done } = this.pending as Write;
    if (!this.ports.enter()) return;
    const at = from + this.core.write(bytes, from);
    this.pending = at < bytes.length ? { bytes, from: at, done } : undefined;
    if (this.pending === undefined) done();
  }

  private ended(): void {
    const { ending } = this;
    this.ending = undefined;
    ending?.();
  }

  private pull(): void {
    const { core } = this;
    while (this.wants) {
      const bytes = core.take();
      if (bytes === undefined) break;
      // Pushing may ask for more by itself.
      this.wants = false;
      if (this.push(bytes)) this.wants = true;
    }
    this.consume();
    if (!core.receiver.isDrained || this.hasEnded) return;
    this.hasEnded = true;
    this.push(null);
  }

  private consume(): void {
    const { receiver } = this.core;
    const isNew = receiver.consumed + this.readableLength < receiver.received;
    if (isNew && !this.core.isOver && this.ports.enter()) this.core.consume(this.readableLength);
  }

  /** Is it over, and badly? Bytes that are here before their end are still read. */
  private look(): void {
    const { phase, receiver } = this.core;
    if (phase.name !== 'over' || phase.failure === undefined || this.destroyed) return;
    if (receiver.isEnded && !this.readableEnded && !this.isReadOut) return;
    this.destroy(SkeinError.from(phase.failure));
  }

  /** The program has been handed everything. */
  private get isReadOut(): boolean {
    return this.hasEnded && this.readableLength === 0;
  }
}
