/**
 * One connected socket under one link.
 *
 * Who calls it: the TCP transport. Invariant: every byte received is reported before the end of the
 * socket; written bytes are reported flushed once, in order, when the system has taken them; after
 * `close` nothing is reported any more, and the socket is gone within a bound.
 */
import type { Socket } from 'node:net';
import type { LinkId } from '../../kernel/contracts.ts';
import type { PlatformEvents } from '../../node/platform.ts';
import { hostLimits } from '../limits.ts';
import { readInto } from './read-buffer.ts';

export type LinkEvents = Pick<PlatformEvents, 'received' | 'flushed' | 'closed'>;

type State = 'open' | 'closing' | 'gone';

export class TcpLink {
  private readonly link: LinkId;
  private readonly socket: Socket;
  private readonly events: LinkEvents;
  private readonly ended: (link: TcpLink) => void;
  private state: State = 'open';
  /** Writes that the system has not taken yet. */
  private unflushed = 0;
  /** Bytes, since it was last let be for a turn. */
  private readOn = 0;
  private detail: string | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** `ended` is called once, when the socket is gone for whatever reason. */
  constructor(link: LinkId, socket: Socket, events: LinkEvents, ended: (link: TcpLink) => void) {
    this.link = link;
    this.socket = socket;
    this.events = events;
    this.ended = ended;
    readInto(socket, (bytes) => this.read(bytes));
    socket.on('error', (error: NodeJS.ErrnoException) => this.failed(error));
    socket.on('end', () => this.endedByPeer());
    socket.on('close', () => this.closed());
    // Nothing is read before: what a socket brings while it is secured waits for whoever takes it.
    socket.resume();
  }

  /**
   * A write over TLS is not over before the loop's next turn, and one that comes meanwhile waits for it, while the
   * system goes on reading as long as there is something: receipts of a thousand messages so left together at the end.
   */
  private read(chunk: Uint8Array): boolean {
    this.received(chunk);
    this.readOn += chunk.length;
    if (this.unflushed < 2 || this.readOn < hostLimits.readPerTurnBytes) return true;
    this.readOn = 0;
    return false;
  }

  /** Bytes that came in; also the ones that the listener had peeked. */
  received(chunk: Uint8Array): void {
    // While closing it is read and dropped: unread bytes would turn our FIN into a reset that eats the last writes.
    if (this.state !== 'open' || chunk.length === 0) return;
    // A plain view: core then sees one kind of array only, which keeps its hot path monomorphic.
    this.events.received(this.link, new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }

  /** One system call for all chunks (writev), one report for all of them. */
  write(chunks: readonly Uint8Array[], byteLength: number): void {
    if (this.state !== 'open' || this.socket.destroyed) return;
    const last = chunks.length - 1;
    this.unflushed++;
    if (last > 0) this.socket.cork();
    for (let i = 0; i < last; i++) this.socket.write(chunks[i] as Uint8Array);
    this.socket.write(chunks[last] ?? new Uint8Array(0), (error) => this.flushed(error, byteLength));
    if (last > 0) this.socket.uncork();
  }

  /** Ends after what was written has left; cut off after a bound, since the other end may not read. */
  close(): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    this.socket.end();
    this.cutOffAfter(hostLimits.closeTimeoutMs);
  }

  /** Replaces the bound of a closing link. */
  cutOffAfter(timeoutMs: number): void {
    clearTimeout(this.timer);
    if (this.state === 'gone') return;
    this.timer = setTimeout(() => this.socket.destroy(), timeoutMs);
  }

  /** At once; reported as closed, for this reason. */
  cut(detail: string): void {
    this.detail ??= detail;
    this.socket.destroy();
  }

  /** At once, as a crash would; nothing is reported. */
  destroy(): void {
    if (this.state === 'open') this.state = 'closing';
    this.socket.destroy();
  }

  private flushed(error: Error | null | undefined, byteLength: number): void {
    this.unflushed--;
    if (this.state === 'open' && (error === null || error === undefined))
      this.events.flushed(this.link, byteLength);
  }

  private failed(error: NodeJS.ErrnoException): void {
    this.detail ??= error.code === 'ECONNRESET' ? 'the other end reset the connection' : error.message;
  }

  private endedByPeer(): void {
    this.detail ??= 'the other end closed the connection';
    // Nobody reads what would still be written: waiting for it to leave would keep a dead link alive.
    this.socket.destroy();
  }

  private closed(): void {
    const wasOpen = this.state === 'open';
    this.state = 'gone';
    clearTimeout(this.timer);
    this.ended(this);
    if (wasOpen) this.events.closed(this.link, this.detail);
  }
}
