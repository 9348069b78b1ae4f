/**
 * How a connection comes about: the first packet, its repeats, the answer, the time limit.
 *
 * Who calls it: the platform's `dial`. Invariant: exactly one outcome is reported for a dial that is not
 * given up, and a lost or blocked packet is repeated after 1 s, 2 s, 4 s, as TCP does. The listening
 * machine answers by itself: its program need not run for it.
 */
import type { LinkId } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { Network } from '../network/network.ts';
import type { Process } from '../network/sockets.ts';
import { Stream } from '../network/stream.ts';
import type { SeededRandom } from '../random.ts';
import type { ScheduledEvent } from '../scheduled-event.ts';
import type { Host } from './host.ts';

const firstRepeatMs = 1000;

export interface DialRequest {
  readonly host: Host;
  readonly process: Process;
  readonly link: LinkId;
  readonly address: string;
  readonly timeoutMs: number;
  readonly random: SeededRandom;
}

export class Dialing {
  private readonly network: Network;
  private readonly request: DialRequest;
  private readonly timeout: ScheduledEvent;
  private state: 'dialing' | 'over' = 'dialing';

  constructor(network: Network, request: DialRequest) {
    this.network = network;
    this.request = request;
    this.timeout = network.world.after(request.timeoutMs, () => {
      const seconds = request.timeoutMs / 1000;
      this.fail(
        failure('SKEIN_TIMEOUT', `${request.address} did not answer within ${seconds} s`, {
          reason: 'timeout',
        }),
      );
    });
    this.attempt(firstRepeatMs);
  }

  giveUp(): void {
    this.state = 'over';
    this.network.world.cancel(this.timeout);
  }

  private attempt(repeatAfterMs: number): void {
    if (this.state === 'over') return;
    const target = this.network.hostAt(this.request.address, this.request.host);
    if (target !== undefined && !this.isLost()) this.travel(target, () => this.reach(target));
    this.network.world.after(repeatAfterMs, () => this.attempt(repeatAfterMs * 2));
  }

  /** The first packet is at the other machine. */
  private reach(target: Host): void {
    const { host, address } = this.request;
    if (!target.isUp || this.network.blocked(host, target)) return;
    const listener = this.network.listenerAt(address, host);
    // Of a machine of several programs it is known by now which of them listens.
    const listening = this.network.hostAt(address, host) ?? target;
    if (this.network.blocked(target, host) || this.isLost()) return;
    this.travel(target, () => {
      if (this.state === 'over') return;
      if (listener === undefined) this.fail(refused(address));
      else this.succeed(listening, listener);
    });
  }

  private succeed(target: Host, listener: Process): void {
    const { host, process, link } = this.request;
    this.giveUp();
    const stream = new Stream(this.network, { host, process }, { host: target, process: listener });
    stream.dialer.link = link;
    process.dialSucceeded(stream.dialer, link);
    stream.dialer.transmit({ kind: 'open' });
  }

  private fail(reason: Failure): void {
    if (this.state === 'over') return;
    this.giveUp();
    this.request.process.dialEnded(this.request.link, reason);
  }

  private travel(target: Host, arrived: () => void): void {
    const latencyMs = this.network.pairLatencyMs(this.request.host, target);
    const { latencyFactor } = this.network.quality(this.request.host, target);
    const passageMs = this.network.passageMs(latencyMs, this.request.random) * latencyFactor;
    this.network.world.after(passageMs, arrived);
  }

  private isLost(): boolean {
    return this.request.random.chance(this.network.conditions.loss);
  }
}

/** As the host says it. */
function refused(address: string): Failure {
  const text = `${address} cannot be reached: it refused the connection; nothing listens there`;
  return failure('SKEIN_UNREACHABLE', text, { reason: 'refused' });
}
