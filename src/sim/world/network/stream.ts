/**
 * One TCP connection: two ends, each with what it has written and what is on its way.
 *
 * Who calls it: the dialer (to make one), the platforms (write, close), faults (cut). Invariant: bytes
 * arrive in order or not at all. Loss is delay at the head of the line; a blocked path holds segments;
 * the receiving machine takes at most `socketBufferBytes` that its program has not read, beyond which
 * the sender's program learns that its writes no longer leave.
 */
import type { LinkId } from '../../../kernel/contracts.ts';
import type { Host } from '../machine/host.ts';
import type { SeededRandom } from '../random.ts';
import type { Network } from './network.ts';
import type { Connection, Process, SocketEnd } from './sockets.ts';

/** What two kernels hold of one direction: sent and unread. Linux grows to megabytes; less is harsher. */
const socketBufferBytes = 256 * 1024;
/** One segment's worth: a large write reaches the other end in pieces. */
const segmentBytesMax = 64 * 1024;
/** What one packet carries. */
const segmentBytesMin = 1400;
/** Bytes that take longer than this leave their receiver in doubt: with a pause before them (2.6 s), 3 s are over. */
const lateMs = 380;
/** After a blocked path opens, the sender repeats within its retransmission timer, at most this long. */
const retransmitMsMax = 2000;

type Segment =
  /** The last step of the connection's handshake: the listener's program may accept. */
  | { readonly kind: 'open' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'reset' };

interface PendingWrite {
  readonly bytes: Uint8Array;
  /** What the program believes to have written: a liar's machine sends something else. */
  readonly writtenBytes: number;
  accepted: number;
}

export class StreamEnd implements SocketEnd {
  readonly stream: Stream;
  readonly host: Host;
  /** The program that holds this end; the listener's is known before it has accepted. */
  readonly process: Process;
  /** What that program calls it; undefined until accepted. */
  link: LinkId | undefined;
  /** `closing`: closed by the program, with bytes still to leave. */
  state: 'open' | 'closing' | 'closed' = 'open';
  private readonly backlog: PendingWrite[] = [];
  private backlogBytes = 0;
  private inFlightBytes = 0;
  /** Read by the other program, but the news cannot come back. */
  private unacknowledgedBytes = 0;
  private lastArrivalAt = 0;
  private blockedSince: number | undefined;
  private releasing = false;
  private readonly held: Segment[] = [];

  constructor(stream: Stream, host: Host, process: Process) {
    this.stream = stream;
    this.host = host;
    this.process = process;
  }

  get other(): StreamEnd {
    return this === this.stream.dialer ? this.stream.listener : this.stream.dialer;
  }

  /** Handed over by the program and not yet taken by the kernel. */
  get waitingBytes(): number {
    return this.backlogBytes;
  }

  /** The bytes now belong to the stream. */
  write(bytes: Uint8Array, writtenBytes = bytes.length): void {
    if (this.state !== 'open') return;
    this.backlog.push({ bytes, writtenBytes, accepted: 0 });
    this.backlogBytes += bytes.length;
    this.pump();
  }

  /** Ends once all written bytes have left; nothing is reported to this end any more. */
  close(): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    this.pump();
  }

  /** The program is gone or the connection is cut: what the kernel has not taken is lost. */
  drop(last: 'end' | 'reset' | 'silence'): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.clearBacklog();
    if (last !== 'silence') this.transmit({ kind: last });
    this.stream.endClosed();
  }

  /** The other end, or something in between, ended the connection. */
  cutOff(detail: string): void {
    if (this.state === 'closed') return;
    const wasOpen = this.state === 'open';
    this.state = 'closed';
    this.clearBacklog();
    if (wasOpen) this.process.streamClosed(this, detail);
    this.stream.endClosed();
  }

  /** Moves what the program has written into the kernel, as far as there is room. */
  pump(): void {
    if (this.process.isPaused) return;
    while (this.backlog.length > 0 && this.inFlightBytes < socketBufferBytes) this.acceptSome();
    if (this.state === 'closing' && this.backlog.length === 0) {
      this.state = 'closed';
      this.transmit({ kind: 'end' });
      this.stream.endClosed();
    }
  }

  /** The other program has read this much of what this end sent. */
  read(byteLength: number): void {
    this.unacknowledgedBytes += byteLength;
    if (!this.stream.network.blocked(this.other.host, this.host)) this.acknowledge();
  }

  pathsChanged(): void {
    const { network } = this.stream;
    if (this.unacknowledgedBytes > 0 && !network.blocked(this.other.host, this.host)) this.acknowledge();
    if (this.held.length > 0 && !network.blocked(this.host, this.other.host)) this.releaseLater();
  }

  transmit(segment: Segment): void {
    const { network, random, pairLatencyMs } = this.stream;
    const now = network.world.now;
    const { latencyFactor, bytesPerSecond } = network.quality(this.host, this.other.host);
    const passage = network.passageMs(pairLatencyMs, random) * latencyFactor + network.lossDelayMs(random);
    const bytes = segment.kind === 'bytes' ? segment.bytes.length : 0;
    this.lastArrivalAt = Math.max(now + passage, this.lastArrivalAt) + (bytes * 1000) / bytesPerSecond;
    if (this.lastArrivalAt - now > lateMs) network.hindered(this.host, this.other.host, this.lastArrivalAt);
    network.world.at(this.lastArrivalAt, () => this.arrive(segment));
  }

  private acceptSome(): void {
    const write = this.backlog[0] as PendingWrite;
    const room = Math.min(socketBufferBytes - this.inFlightBytes, this.segmentBytes());
    const bytes = write.bytes.subarray(write.accepted, write.accepted + room);
    write.accepted += bytes.length;
    this.backlogBytes -= bytes.length;
    this.inFlightBytes += bytes.length;
    this.stream.network.traffic.streamBytes += bytes.length;
    this.stream.network.traffic.streamSegments++;
    this.transmitCut(bytes);
    if (write.accepted < write.bytes.length) return;
    this.backlog.shift();
    if (this.state === 'open') this.process.bytesFlushed(this, write.writtenBytes);
  }

  /** On a slow path bytes come in small pieces, not all at its end. */
  private segmentBytes(): number {
    const { bytesPerSecond } = this.stream.network.quality(this.host, this.other.host);
    return Math.max(segmentBytesMin, Math.min(segmentBytesMax, bytesPerSecond / 10));
  }

  private transmitCut(bytes: Uint8Array): void {
    const { network, random } = this.stream;
    if (bytes.length < 2 || !random.chance(network.conditions.fragmentation)) {
      this.transmit({ kind: 'bytes', bytes });
      return;
    }
    const cutAt = random.integer(1, bytes.length - 1);
    this.transmit({ kind: 'bytes', bytes: bytes.subarray(0, cutAt) });
    this.transmit({ kind: 'bytes', bytes: bytes.subarray(cutAt) });
  }

  private acknowledge(): void {
    this.inFlightBytes -= this.unacknowledgedBytes;
    this.unacknowledgedBytes = 0;
    if (this.backlog.length === 0) return;
    const { network, random, pairLatencyMs } = this.stream;
    network.world.after(network.passageMs(pairLatencyMs, random), () => this.pump());
  }

  private arrive(segment: Segment): void {
    if (this.held.length > 0 || this.stream.network.blocked(this.host, this.other.host)) {
      this.blockedSince ??= this.stream.network.world.now;
      this.held.push(segment);
      return;
    }
    this.deliver(segment);
  }

  /** The longer the path was blocked, the longer its sender waits until it tries again. */
  private releaseLater(): void {
    if (this.releasing) return;
    this.releasing = true;
    const { network, random, pairLatencyMs } = this.stream;
    const blockedMs = network.world.now - (this.blockedSince ?? network.world.now);
    const retry = random.between(0, Math.min(blockedMs, retransmitMsMax));
    network.hindered(this.host, this.other.host, network.world.now + retry + pairLatencyMs);
    network.world.after(retry + pairLatencyMs, () => this.release());
  }

  private release(): void {
    this.releasing = false;
    if (this.stream.network.blocked(this.host, this.other.host)) return;
    this.blockedSince = undefined;
    for (const segment of this.held.splice(0)) this.deliver(segment);
  }

  private deliver(segment: Segment): void {
    const { other } = this;
    if (!other.host.isUp) return;
    if (other.process.isGone && segment.kind !== 'reset') {
      // A closing end still has a machine behind it that sends the rest.
      if (other.state === 'closed') this.refuse();
      return;
    }
    switch (segment.kind) {
      case 'open':
        other.process.streamAccepted(other, this.stream.dialerAddress);
        break;
      case 'bytes':
        other.process.bytesArrived(other, segment.bytes);
        break;
      case 'end':
        other.cutOff('the other end closed the connection');
        break;
      case 'reset':
        other.cutOff('the connection was reset');
    }
  }

  /** The other machine no longer knows this connection. */
  private refuse(): void {
    if (this.state === 'closed') return;
    const { network, random, pairLatencyMs } = this.stream;
    network.world.after(network.passageMs(pairLatencyMs, random), () => {
      if (!network.blocked(this.other.host, this.host)) this.cutOff('the connection was reset');
    });
  }

  private clearBacklog(): void {
    this.backlog.length = 0;
    this.backlogBytes = 0;
  }
}

export class Stream implements Connection {
  readonly network: Network;
  readonly random: SeededRandom;
  readonly dialer: StreamEnd;
  readonly listener: StreamEnd;
  readonly dialerAddress: string;
  readonly pairLatencyMs: number;

  constructor(
    network: Network,
    dialer: { host: Host; process: Process },
    listener: { host: Host; process: Process },
  ) {
    this.network = network;
    this.dialer = new StreamEnd(this, dialer.host, dialer.process);
    this.listener = new StreamEnd(this, listener.host, listener.process);
    this.dialerAddress = dialer.host.ephemeralAddress();
    this.random = network.world.random.fork(`stream ${this.dialerAddress}`);
    this.pairLatencyMs = network.pairLatencyMs(dialer.host, listener.host);
    network.streams.add(this);
  }

  /** Both programs hold it. */
  get isOpen(): boolean {
    return this.dialer.state === 'open' && this.listener.state === 'open' && this.listener.link !== undefined;
  }

  pathsChanged(): void {
    this.dialer.pathsChanged();
    this.listener.pathsChanged();
  }

  /**
   * Cuts the connection in the middle. `both`: each end is reset. `one`: only that end learns of it, and
   * the other's bytes go nowhere, as behind a router that lost its table.
   */
  cut(notice: 'both' | 'dialer' | 'listener'): void {
    this.network.hindered(this.dialer.host, this.listener.host, this.network.world.now);
    if (notice !== 'listener') this.dialer.cutOff('the connection was reset');
    if (notice !== 'dialer') this.listener.cutOff('the connection was reset');
  }

  endClosed(): void {
    if (this.dialer.state === 'closed' && this.listener.state === 'closed') this.network.streams.delete(this);
  }
}
