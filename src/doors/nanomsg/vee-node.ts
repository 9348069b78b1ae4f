/**
 * A node as vee has it: in a formation by nothing but nanomsg sockets.
 *
 * Made by `skein compat vee`. Whoever binds the formation's address is the broker; when that one dies the others
 * open the address again, and one of them is. Two that are linked meet at the originator's address, over a PAIR.
 * Invariant: what other programs send is counted and told, never believed beyond what the five messages allow; it
 * binds and connects only where its options let it.
 */

import { Broker, type BrokerAnswer } from '../../features/formation/core/broker.ts';
import {
  decodeFormationMessage,
  encodeFormationMessage,
  type FormationMessage,
} from '../../features/formation/core/formation-messages.ts';
import { formationLimits } from '../../features/formation/core/limits.ts';
import { isLoopback } from '../../host/addresses.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { checkName } from '../../kernel/identity.ts';
import { Meetings } from './meetings.ts';
import { parseSpAddress, type SpAddress } from './sp-address.ts';
import type { SpChannel } from './sp-channel.ts';
import { SpProtocol } from './sp-stream.ts';
import { Transceiver, type TransceiverRole } from './transceiver.ts';

export interface VeeOptions {
  readonly name: string;
  readonly formation: string;
  /** Where others meet this node. */
  readonly address: string;
  /** Whom to ask for as soon as it is in the formation, and again when the channel ends. */
  readonly pairTo?: string;
  /** Addresses of other machines too: nanomsg has neither keys nor encryption. Default false. */
  readonly insecure?: boolean;
}

export interface VeePorts {
  readonly joined: (role: TransceiverRole) => void;
  readonly lost: (reason: string) => void;
  readonly paired: (other: string, address: string) => void;
  readonly unpaired: (other: string, reason: string) => void;
  readonly data: (payload: string) => void;
  readonly failed: (explanation: string) => void;
}

interface Channel {
  readonly other: string;
  readonly stream: SpChannel;
}

export class VeeNode {
  readonly counters = { malformed: 0 };
  private readonly options: VeeOptions;
  private readonly ports: VeePorts;
  private readonly formation: Transceiver;
  private readonly started = performance.now();
  private readonly meetings: Meetings;
  private broker: Broker | undefined;
  private channel: Channel | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** @throws TypeError for a bad name; SkeinError SKEIN_ADDRESS, SKEIN_PROTECTED for an address beyond this machine. */
  constructor(options: VeeOptions, ports: VeePorts) {
    this.options = options;
    this.ports = ports;
    checkName(options.name);
    this.meetings = new Meetings(options.insecure === true);
    this.allowed(options.address, 'own address');
    const address = this.allowed(options.formation, 'formation');
    this.formation = new Transceiver(
      { address, protocol: SpProtocol.bus },
      {
        joined: () => undefined,
        message: (body, peer) => this.received(body, peer),
        left: (peer) => this.broker?.ended(peer),
        lost: (reason) => this.lost(reason),
      },
    );
  }

  get role(): TransceiverRole | undefined {
    return this.formation.role;
  }

  /** @throws as `Transceiver.open`. */
  async open(): Promise<void> {
    const role = await this.formation.open();
    const { name, address } = this.options;
    this.broker =
      role === 'bound'
        ? new Broker({ name, address, services: [] }, this.now() + formationLimits.directoryWholeMs)
        : undefined;
    this.ports.joined(role);
    this.timer = setInterval(() => this.beat(), formationLimits.hailIntervalMs);
    this.beat();
  }

  /** False: there is no channel, or the other end does not read. */
  send(payload: string): boolean {
    const stream = this.channel?.stream;
    if (stream?.hasMet !== true || stream.writableNeedDrain || !stream.writable) return false;
    stream.write(payload);
    return true;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.timer);
    this.endChannel('this node ends');
    this.meetings.close();
    await this.formation.close();
  }

  // ── the formation ─────────────────────────────────────────────────────────────────────────────────

  private beat(): void {
    const { name, address, pairTo } = this.options;
    if (this.broker !== undefined) this.answer(this.broker.deadline(this.now()));
    if (this.broker === undefined) this.formation.send(encode({ type: 'Hail', name, address, services: [] }));
    if (pairTo === undefined || this.channel !== undefined) return;
    const request: FormationMessage = { type: 'Pair', originator: name, destination: pairTo };
    if (this.broker === undefined) this.formation.send(encode(request));
    else this.answer(this.broker.received(request, name, this.now()));
  }

  private received(body: Uint8Array, peer: number): void {
    const message = decodeFormationMessage(body);
    if ('problem' in message) {
      this.counters.malformed++;
      return;
    }
    if (this.broker !== undefined) this.answer(this.broker.received(message, peer, this.now()));
    else this.told(message);
  }

  private answer(answers: readonly BrokerAnswer[]): void {
    for (const { to, message } of answers) {
      if (typeof to === 'number') this.formation.sendTo(to, encode(message));
      else {
        if (to === 'all') this.formation.send(encode(message));
        this.told(message);
      }
    }
  }

  /** By the broker. Everybody hears everything: what names others is theirs. */
  private told(message: FormationMessage): void {
    const { name } = this.options;
    if (message.type === 'Fail' && message.offender === name) this.ports.failed(message.explanation);
    if (message.type !== 'Link') return;
    const { originName, destinationName, address } = message;
    if (originName === name) this.meet(destinationName, address);
    else if (destinationName === name) this.meet(originName, address);
  }

  private lost(reason: string): void {
    clearInterval(this.timer);
    this.ports.lost(reason);
    this.open().catch((error: unknown) => {
      if (!this.isClosed) this.ports.failed(error instanceof Error ? error.message : String(error));
    });
  }

  // ── the channel ───────────────────────────────────────────────────────────────────────────────────

  private meet(other: string, address: string): void {
    if (this.channel !== undefined) {
      if (this.channel.other !== other)
        this.ports.failed(`${other} wants to be paired, and ${this.channel.other} is paired already`);
      return;
    }
    try {
      const met = (): void => this.ports.paired(other, address);
      this.take({ other, stream: this.meetings.visit(other, address, met) });
    } catch (error) {
      this.ports.failed((error as Error).message);
    }
  }

  private take(channel: Channel): void {
    const { stream } = channel;
    this.channel = channel;
    stream.on('data', (chunk: Buffer) => this.ports.data(chunk.toString()));
    stream.on('error', (error) => this.endChannel(error.message, channel));
    stream.on('end', () => this.endChannel('the other end closed the connection', channel));
  }

  private endChannel(reason: string, channel = this.channel): void {
    if (channel === undefined || channel !== this.channel) return;
    this.channel = undefined;
    this.ports.unpaired(channel.other, reason);
    channel.stream.end();
  }

  // ── what it may ───────────────────────────────────────────────────────────────────────────────────

  private allowed(text: string, what: string): SpAddress {
    const address = parseSpAddress(text, what);
    const isHere = address.transport === 'ipc' || isLoopback(address.host);
    if (isHere || this.options.insecure === true) return address;
    throw new SkeinError(
      'SKEIN_PROTECTED',
      `${what}: ${text} is not on this machine alone, and nanomsg has no keys: whoever reaches it is let in; with --door-insecure it is taken all the same`,
    );
  }

  private now(): number {
    return performance.now() - this.started;
  }
}

function encode(message: FormationMessage): Uint8Array {
  return encodeFormationMessage(message);
}
