/**
 * Whether there is room for one more channel: what the program accepts, and what all channels hold together.
 *
 * Made by the channels behavior, which tells it of each channel that comes, is accepted and goes. Invariant: what
 * others can make this node hold is bounded, by node and in all: channels, requests that wait, bytes of windows.
 */
import { nameProblem } from '../../../kernel/identity.ts';
import type { Channel } from './channel.ts';
import { channelLimits } from './limits.ts';
import type { Peer } from './peer.ts';
import type { ResetReason } from './wire.ts';

export class Admission {
  /** Requests that wait for the program. */
  requestCount = 0;
  /** Of all channels. */
  windowsBytes = 0;
  private channelCount = 0;
  /** Protocols that the program accepts; the empty one stands for all others. */
  private readonly protocols = new Set<string>();

  /** The program accepts channels of some protocol. */
  get isOffered(): boolean {
    return this.protocols.size > 0;
  }

  /** @param protocol Empty: each that nobody else accepts. False: it is accepted already. */
  offer(protocol: string): boolean {
    if (this.protocols.has(protocol)) return false;
    this.protocols.add(protocol);
    return true;
  }

  withdraw(protocol: string): void {
    this.protocols.delete(protocol);
  }

  // ── room ──────────────────────────────────────────────────────────────────────────────────────────

  hasMemory(windowBytes: number): boolean {
    return this.windowsBytes + windowBytes <= channelLimits.channelWindowsBytesMax;
  }

  /** There are as many channels as there may be, with that peer or in all. */
  isFull(peer: Peer): boolean {
    return peer.size >= channelLimits.channelsPerNodeMax || this.channelCount >= channelLimits.channelsMax;
  }

  /** Why a request of that peer is refused; undefined: the program is asked. */
  objection(peer: Peer, protocol: string): ResetReason | undefined {
    const isAccepted = this.protocols.has(protocol) || this.protocols.has('');
    if (nameProblem(protocol) !== undefined || !isAccepted) return 'nobody';
    const waiting = peer.all().filter(({ phase }) => phase.name === 'requested').length;
    const isBusy =
      this.isFull(peer) ||
      this.requestCount >= channelLimits.channelRequestsMax ||
      waiting >= channelLimits.channelRequestsPerNodeMax;
    return isBusy ? 'busy' : undefined;
  }

  // ── what there is ─────────────────────────────────────────────────────────────────────────────────

  added({ phase, receiver }: Channel): void {
    this.channelCount++;
    this.windowsBytes += receiver.window;
    if (phase.name === 'requested') this.requestCount++;
  }

  /** A request becomes a channel with that window. */
  accepted(windowBytes: number): void {
    this.requestCount--;
    this.windowsBytes += windowBytes;
  }

  removed({ isOpener, sender, receiver }: Channel): void {
    this.channelCount--;
    this.windowsBytes -= receiver.window;
    const wasRequest = !isOpener && sender === undefined;
    if (wasRequest) this.requestCount--;
  }
}
