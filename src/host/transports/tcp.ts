/**
 * The TCP transport: the links of one node and their sockets.
 *
 * Who calls it: the driver carries out the core's dial, write and close effects here and reports what it
 * says. Invariant: a link is dialing, open or closing, never two of them; nothing is reported while a
 * call into the transport is still running, and nothing about a link after its `close`.
 */
import type { Socket } from 'node:net';
import type { PlatformEvents } from '../../api/platform.ts';
import type { LinkId } from '../../core/contracts.ts';
import { failure } from '../../core/errors.ts';
import { hostLimits } from '../limits.ts';
import { type DialOutcome, dial, formatRemote } from './dial.ts';
import { TcpLink } from './tcp-link.ts';

export type TransportEvents = Pick<
  PlatformEvents,
  'accepted' | 'dialed' | 'dialFailed' | 'received' | 'flushed' | 'closed'
>;

export class TcpTransport {
  private readonly events: TransportEvents;
  private readonly loopbackOnly: boolean;
  private readonly dials = new Map<LinkId, AbortController>();
  private readonly open = new Map<LinkId, TcpLink>();
  private readonly closing = new Set<TcpLink>();
  private whenQuiet: (() => void) | undefined;

  /** @param loopbackOnly Protected mode: dials elsewhere are refused. */
  constructor(events: TransportEvents, loopbackOnly: boolean) {
    this.events = events;
    this.loopbackOnly = loopbackOnly;
  }

  get openCount(): number {
    return this.open.size;
  }

  /** A stream from the listener, with the bytes already taken from it. */
  accept(socket: Socket, head: Uint8Array): void {
    const link = this.events.accepted(formatRemote(socket));
    this.add(link, socket).received(head);
  }

  dial(link: LinkId, address: string, timeoutMs: number): void {
    const controller = new AbortController();
    this.dials.set(link, controller);
    const options = { timeoutMs, loopbackOnly: this.loopbackOnly, signal: controller.signal };
    void dial(address, options).then((outcome) => {
      // The id may be in use for another dial by now: a node that starts anew counts its links anew.
      const wanted = this.dials.get(link) === controller;
      if (wanted) this.dials.delete(link);
      this.dialEnded(link, address, wanted, outcome);
    });
  }

  write(link: LinkId, chunks: readonly Uint8Array[], byteLength: number): void {
    this.open.get(link)?.write(chunks, byteLength);
  }

  close(link: LinkId): void {
    this.dials.get(link)?.abort();
    this.dials.delete(link);
    const open = this.open.get(link);
    if (open === undefined) return;
    this.open.delete(link);
    this.closing.add(open);
    open.close();
  }

  /** Drops what is open, gives what is closing a last moment, and resolves when no socket is left. */
  async release(): Promise<void> {
    for (const controller of this.dials.values()) controller.abort();
    this.dials.clear();
    for (const link of this.closing) link.cutOffAfter(hostLimits.releaseTimeoutMs);
    for (const link of this.open.values()) {
      this.closing.add(link);
      link.destroy();
    }
    this.open.clear();
    if (this.closing.size === 0) return;
    await new Promise<void>((resolve) => {
      this.whenQuiet = resolve;
    });
  }

  private dialEnded(link: LinkId, address: string, wanted: boolean, outcome: DialOutcome): void {
    if ('failure' in outcome) {
      if (wanted) this.events.dialFailed(link, outcome.failure);
    } else if (!wanted) outcome.socket.destroy();
    else if (outcome.socket.destroyed) this.events.dialFailed(link, lostAtOnce(address));
    else {
      this.add(link, outcome.socket);
      this.events.dialed(link, formatRemote(outcome.socket));
    }
  }

  private add(id: LinkId, socket: Socket): TcpLink {
    const link = new TcpLink(id, socket, this.events, (gone) => this.gone(id, gone));
    this.open.set(id, link);
    return link;
  }

  private gone(id: LinkId, link: TcpLink): void {
    if (this.open.get(id) === link) this.open.delete(id);
    this.closing.delete(link);
    if (this.closing.size === 0) this.whenQuiet?.();
  }
}

function lostAtOnce(address: string) {
  return failure('SKEIN_UNREACHABLE', `${address} closed the connection at once`, { reason: 'refused' });
}
