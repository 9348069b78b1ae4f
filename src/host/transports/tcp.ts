/**
 * The TCP transport: the links of one node and their sockets.
 *
 * Who calls it: the driver carries out the core's dial, write and close effects here and reports what it
 * says. Invariant: a link is dialing, open or closing, never two of them; nothing is reported while a
 * call into the transport is still running, and nothing about a link after its `close`.
 */
import type { Socket } from 'node:net';
import type { LinkId } from '../../kernel/contracts.ts';
import { type Failure, failure } from '../../kernel/errors.ts';
import type { PlatformEvents } from '../../node/platform.ts';
import type { LinkProof } from '../keys/link-proof.ts';
import { hostLimits } from '../limits.ts';
import { type DialOptions, type DialOutcome, dial, formatRemote } from './dial.ts';
import { TcpLink } from './tcp-link.ts';
import type { Tls } from './tls.ts';

export type TransportEvents = Pick<
  PlatformEvents,
  'accepted' | 'dialed' | 'dialFailed' | 'received' | 'flushed' | 'closed'
>;

export class TcpTransport {
  private readonly events: TransportEvents;
  private readonly loopbackOnly: boolean;
  private readonly tls: Tls | undefined;
  private readonly stages = new Map<TcpLink, LinkProof>();
  private readonly dials = new Map<LinkId, AbortController>();
  private readonly open = new Map<LinkId, TcpLink>();
  private readonly closing = new Set<TcpLink>();
  private whenQuiet: (() => void) | undefined;
  private released = false;

  /** @param loopbackOnly Protected mode: dials elsewhere are refused. @param tls Every stream is secured by it. */
  constructor(events: TransportEvents, loopbackOnly: boolean, tls?: Tls) {
    this.events = events;
    this.loopbackOnly = loopbackOnly;
    this.tls = tls;
    tls?.ring.changed(() => this.closeUnproven());
  }

  get openCount(): number {
    return this.open.size;
  }

  /**
   * A stream from the listener, with the bytes already taken from it.
   * @param proven Told when the other end has proven the key.
   */
  accept(socket: Socket, head: Uint8Array, proven: () => void = () => undefined): void {
    if (this.tls === undefined) {
      const link = this.events.accepted(formatRemote(socket));
      this.add(link, socket).received(head);
    } else {
      void this.acceptSecured(this.tls, socket, head, proven);
    }
  }

  private async acceptSecured(tls: Tls, socket: Socket, head: Uint8Array, proven: () => void): Promise<void> {
    const stream = await tls.accept(socket, head, proven);
    if (stream === undefined) return;
    // The node may have ended meanwhile.
    if (this.released || stream.socket.destroyed) return void stream.socket.destroy();
    const link = this.events.accepted(formatRemote(stream.socket), stream.stage);
    this.add(link, stream.socket, stream.stage);
  }

  dial(link: LinkId, address: string, timeoutMs: number, avoid: readonly string[] = []): void {
    const controller = new AbortController();
    this.dials.set(link, controller);
    const options = { timeoutMs, loopbackOnly: this.loopbackOnly, signal: controller.signal, avoid };
    void this.connect(address, options).then((outcome) => {
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
    this.released = true;
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

  /** Of a name every IP address is tried until one proves the key: another mesh may live at one of them. */
  private async connect(address: string, options: DialOptions): Promise<SecuredOutcome> {
    const deadline = performance.now() + options.timeoutMs;
    const avoid = [...(options.avoid ?? [])];
    let reason: Failure | undefined;
    for (;;) {
      const timeoutMs = Math.max(1, deadline - performance.now());
      const outcome = await dial(address, { ...options, timeoutMs, avoid });
      if ('failure' in outcome) return { failure: reason ?? outcome.failure };
      if (this.tls === undefined) return outcome;
      const remote = formatRemote(outcome.socket);
      const restMs = Math.max(1, deadline - performance.now());
      const secured = await this.tls.dial(outcome.socket, address, restMs, options.signal);
      if (!('code' in secured)) return secured;
      reason ??= secured;
      if (remote === address || avoid.length >= hostLimits.dialAddressesMax) return { failure: reason };
      avoid.push(remote);
    }
  }

  /**
   * A key was removed: whoever has proven that one only must prove another. One link after the other, so that
   * those that come back carry what the rest did, and no node stands alone for a moment.
   */
  private closeUnproven(): void {
    const unproven = [...this.stages].filter(([, stage]) => this.isUnproven(stage));
    const isLast = this.tls?.ring.first === undefined;
    const gapMs = isLast ? 0 : Math.min(hostLimits.keyCutGapMs, hostLimits.keyCutMsMax / unproven.length);
    for (const [i, [link, stage]] of unproven.entries()) {
      const cut = () => {
        if (this.isUnproven(stage)) link.cut('the key that it was proven with was removed');
      };
      if (i * gapMs === 0) cut();
      else setTimeout(cut, i * gapMs).unref();
    }
  }

  private isUnproven({ provenBy }: LinkProof): boolean {
    return provenBy !== undefined && this.tls?.ring.has(provenBy) === false;
  }

  private dialEnded(link: LinkId, address: string, wanted: boolean, outcome: SecuredOutcome): void {
    if ('failure' in outcome) {
      if (wanted) this.events.dialFailed(link, outcome.failure);
    } else if (!wanted) outcome.socket.destroy();
    else if (outcome.socket.destroyed) this.events.dialFailed(link, lostAtOnce(address));
    else {
      this.add(link, outcome.socket, outcome.stage);
      this.events.dialed(link, formatRemote(outcome.socket), outcome.stage);
    }
  }

  private add(id: LinkId, socket: Socket, stage?: LinkProof): TcpLink {
    const link = new TcpLink(id, socket, this.events, (gone) => this.gone(id, gone));
    this.open.set(id, link);
    if (stage !== undefined) this.stages.set(link, stage);
    return link;
  }

  private gone(id: LinkId, link: TcpLink): void {
    if (this.open.get(id) === link) this.open.delete(id);
    this.closing.delete(link);
    this.stages.delete(link);
    if (this.closing.size === 0) this.whenQuiet?.();
  }
}

type SecuredOutcome = DialOutcome & { readonly stage?: LinkProof };

function lostAtOnce(address: string) {
  return failure('SKEIN_UNREACHABLE', `${address} closed the connection at once`, { reason: 'refused' });
}
