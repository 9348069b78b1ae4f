/**
 * The program at a recorded node: does what a session says, and tells what it sees as lines of text.
 *
 * The recorder and the player have the same one around a kernel, so that equal kernels give equal lines. Invariant:
 * actions and lines are words of their own, not those of the core, whose types may change: only this file follows.
 */

import type { CallsEvent, Execution, Outcome } from '../../../src/features/calls/core/calls-types.ts';
import { calls } from '../../../src/features/calls/feature.ts';
import type { Channel } from '../../../src/features/channels/core/channel.ts';
import type { ChannelEvent } from '../../../src/features/channels/core/channel-types.ts';
import { channels } from '../../../src/features/channels/feature.ts';
import type { BrokerView, FormationEvent } from '../../../src/features/formation/core/formation-types.ts';
import type { Arrival } from '../../../src/features/messaging/core/arrival.ts';
import type { MessagingEvent, SendAnswer } from '../../../src/features/messaging/core/messaging-types.ts';
import type { StoreResult } from '../../../src/kernel/contracts.ts';
import { type Failure, failure } from '../../../src/kernel/errors.ts';
import { idOf } from '../../../src/kernel/identity.ts';
import type { Effect } from '../../../src/kernel/outbox.ts';
import { concatenate } from '../../../src/kernel/wire/bytes.ts';
import type { SkeinKernel } from '../../../src/node/skein-kernel.ts';
import { compactHex } from './hex.ts';

/** `size`: so many bytes of one letter instead of a text. */
interface Body {
  readonly text?: string;
  readonly size?: number;
}

export type Action =
  | { readonly do: 'dial'; readonly address: string }
  | { readonly do: 'listen' }
  | ({ readonly do: 'send'; readonly to: string | 'all'; readonly traced?: boolean } & Body)
  | { readonly do: 'post'; readonly to: string; readonly text: string }
  | { readonly do: 'serve'; readonly service: string }
  | { readonly do: 'call'; readonly service: string; readonly text: string }
  /** All that was asked and is not answered yet. */
  | { readonly do: 'answer'; readonly text: string }
  | { readonly do: 'abort' }
  | { readonly do: 'offer' }
  | { readonly do: 'open'; readonly to: string }
  /** The channels that were asked for last. */
  | { readonly do: 'accept' }
  | { readonly do: 'refuse'; readonly text: string }
  /** The channel that was opened or accepted last. */
  | ({ readonly do: 'write' } & Body)
  | { readonly do: 'read' }
  | { readonly do: 'end' }
  | { readonly do: 'abandon'; readonly text: string }
  | { readonly do: 'pair'; readonly to: string }
  /** Who was ever in the swarm. */
  | { readonly do: 'ask-swarm' }
  | { readonly do: 'handle-letters' | 'listen-letters' | 'work' }
  | { readonly do: 'deny' | 'allow'; readonly whom: string }
  | { readonly do: 'stop' };

type StoreEffect = Extract<Effect, { type: 'store' }>;

/** A store that is new, and breaks at its first claim: a session has no clock for a disk. */
export function storeResult({ operation: { verb } }: StoreEffect): StoreResult {
  if (verb === 'look') return { ok: true, value: { id: null, note: null, host: 'rack-4' } };
  // A worker reads what it could not hand in before it says what it works on.
  if (verb === 'keptResults') return { ok: true, value: [] };
  return { ok: false, failure: failure('SKEIN_STORE', 'the disk of a session cannot be used') };
}

const windowBytes = 16_384;
const timeoutMs = 10_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Program {
  private readonly core: SkeinKernel;
  private readonly see: (text: string) => void;
  /** What was asked of the kernel, by token. */
  private readonly asked = new Map<number, Action['do']>();
  private readonly executions: Execution[] = [];
  private requested: Channel[] = [];
  private channel: Channel | undefined;
  private call: unknown;

  constructor(core: SkeinKernel, see: (text: string) => void) {
    this.core = core;
    this.see = see;
  }

  /** One turn of the kernel follows. */
  act(action: Action, now: number): void {
    const { kernel } = this.core;
    const { asker, responder } = this.core.behavior(calls);
    if (action.do === 'stop') return kernel.stop(now);
    const command = commandOf(action);
    if (command !== undefined) {
      const token = this.asked.size + 1;
      this.asked.set(token, action.do);
      return kernel.command(command.feature, command.verb, command.input, token, now);
    }
    kernel.enter(now);
    if (action.do === 'call') this.ask(action.service, action.text);
    else if (action.do === 'abort') asker.abort(this.call as Parameters<typeof asker.abort>[0]);
    else if (action.do === 'answer')
      for (const execution of this.executions.splice(0))
        responder.answered(execution, 0, encoder.encode(action.text));
    else if (action.do === 'offer') this.core.behavior(channels).offer('');
    else this.actOnChannel(action);
  }

  private ask(service: string, text: string): void {
    const strategy = 'nearest' as const;
    const request = { service, encoding: 0, input: encoder.encode(text), timeoutMs, to: undefined, strategy };
    const call = this.core.behavior(calls).asker.call({ ...request, key: '', idempotent: false }, undefined);
    if ('code' in call) this.see(`no call: ${failureText(call)}`);
    else this.call = call;
  }

  private actOnChannel(action: Action): void {
    const behavior = this.core.behavior(channels);
    const { channel } = this;
    if (action.do === 'open') {
      const opened = behavior.open(idOf(action.to), { protocol: 'pair', windowBytes, timeoutMs }, undefined);
      if ('code' in opened) this.see(`no channel: ${failureText(opened)}`);
      else this.channel = opened;
    } else if (action.do === 'accept' || action.do === 'refuse') {
      for (const one of this.requested.splice(0)) {
        if (action.do === 'refuse') behavior.refuse(one, action.text);
        else behavior.accept(one, windowBytes);
        this.channel = one;
      }
    } else if (channel === undefined) this.see(`no channel to ${action.do}`);
    else if (action.do === 'write') {
      const bytes = bodyOf(action);
      this.see(`wrote ${channel.write(bytes, 0)} of ${bytes.length}`);
    } else if (action.do === 'end') channel.end();
    else if (action.do === 'abandon') channel.abandon(action.text);
    else this.read(channel);
  }

  private read(channel: Channel): void {
    const taken: Uint8Array[] = [];
    for (let bytes = channel.take(); bytes !== undefined; bytes = channel.take()) taken.push(bytes);
    channel.consume(0);
    const end = channel.receiver.isDrained ? ', and the end' : '';
    this.see(`read ${shown(concatenate(taken))}${end}`);
  }

  // ── what it sees ──────────────────────────────────────────────────────────────────────────────────

  effect(effect: Effect): void {
    if (effect.type === 'answer') this.answered(this.asked.get(effect.token), effect.value);
    else if (effect.type === 'fail')
      this.see(`${this.asked.get(effect.token)} failed: ${failureText(effect.failure)}`);
    else if (effect.type === 'ended')
      this.see(`ended${effect.failure === undefined ? '' : `: ${failureText(effect.failure)}`}`);
    else if (effect.type === 'deliver') this.delivered(effect.feature, effect.event);
  }

  private answered(asked: Action['do'] | undefined, value: unknown): void {
    if (asked === 'send') {
      const { delivered, missing } = value as SendAnswer;
      const lost = missing.map(({ node, reason }) => `${this.nameOf(node)}: ${reason}`);
      this.see(`sent to [${delivered.map((node) => this.nameOf(node))}], missing [${lost}]`);
    } else if (asked === 'pair') this.see(`paired ${JSON.stringify(value)}`);
    else if (asked === 'deny' || asked === 'allow') this.see(`${asked}: ${JSON.stringify(value)}`);
  }

  private delivered(feature: string, event: unknown): void {
    if (feature === 'messaging') this.messaging(event as MessagingEvent);
    else if (feature === 'calls') this.calls(event as CallsEvent);
    else if (feature === 'channel') this.channels(event as ChannelEvent);
    else if (feature === 'formation') this.formation(event as FormationEvent);
    else if (feature === 'kernel') this.kernel(event as KernelDelivery);
  }

  private messaging(event: MessagingEvent): void {
    if (event.type === 'arrivals') for (const arrival of event.arrivals) this.see(this.arrival(arrival));
  }

  private arrival({ origin, kind, encoding, route, body }: Arrival): string {
    const by = route === undefined ? '' : ` by [${route.map((node) => this.nameOf(node))}]`;
    return `message from ${this.nameOf(origin.source)}${by}, kind ${kind}, encoding ${encoding}: ${shown(body)}`;
  }

  private calls(event: CallsEvent): void {
    if (event.type === 'outcomes') for (const outcome of event.outcomes) this.see(outcomeText(outcome));
    else
      for (const execution of event.executions) {
        if (event.type === 'executions') this.executions.push(execution);
        else this.executions.splice(this.executions.indexOf(execution), 1);
        const { source, service, input } = execution;
        const what = event.type === 'executions' ? 'asked' : 'no longer asked';
        this.see(`${what} by ${this.nameOf(source)} for ${service}: ${shown(input)}`);
      }
  }

  private channels(event: ChannelEvent): void {
    for (const channel of event.channels) {
      const { phase, peer, protocol } = channel;
      if (event.type === 'requested') this.requested.push(channel);
      const why =
        phase.name === 'over' && phase.failure !== undefined ? `: ${failureText(phase.failure)}` : '';
      this.see(`channel ${protocol} with ${peer.name} ${phase.name}${why}`);
    }
  }

  private formation(event: FormationEvent): void {
    if (event.type === 'broker') this.see(brokerText(event.broker));
    else if (event.type === 'asked') this.see(`to be met: ${event.other} at ${event.address}`);
    else this.see(`trouble: ${event.text}`);
  }

  private kernel({ type, node, neighbor, reason }: KernelDelivery): void {
    if (type === 'node-up') this.see(`up ${node?.name}`);
    else if (type === 'node-down') this.see(`down ${node?.name}: ${reason}`);
    else if (type === 'link-up') this.see(`link to ${neighbor?.name}`);
    else if (type === 'link-down') this.see(`no link to ${neighbor?.name}: ${reason}`);
  }

  private nameOf(node: number): string {
    const { records, kernel } = this.core;
    return records.get(node)?.name ?? (node === kernel.self.id ? kernel.self.name : `node ${node}`);
  }
}

/** What of the kernel's own events is looked at. */
interface KernelDelivery {
  readonly type: string;
  readonly node?: { readonly name: string };
  readonly neighbor?: { readonly name: string };
  readonly reason?: string;
}

/** What goes by a command of a feature. */
function commandOf(action: Action): { feature: string; verb: string; input: unknown } | undefined {
  switch (action.do) {
    case 'dial':
      return { feature: 'discovery', verb: 'dial', input: action.address };
    case 'listen':
      return { feature: 'messaging', verb: 'listen', input: { consumer: 1, kind: undefined, limit: 1024 } };
    case 'send':
    case 'post': {
      const recipients = action.to === 'all' ? action.to : [idOf(action.to)];
      const traced = action.do === 'send' && action.traced === true;
      const options = { acknowledged: action.do === 'send', traced, kind: 'k', encoding: 0, timeoutMs };
      return { feature: 'messaging', verb: 'send', input: { recipients, body: bodyOf(action), ...options } };
    }
    case 'serve': {
      const { service } = action;
      return { feature: 'calls', verb: 'serve', input: { service, concurrency: 8, queue: 8 } };
    }
    case 'pair':
      return { feature: 'formation', verb: 'pair', input: action.to };
    case 'ask-swarm':
      return { feature: 'swarm', verb: 'ask', input: { verb: 'nodes', input: { after: '' } } };
    case 'deny':
      return { feature: 'swarm', verb: 'deny', input: { name: action.whom } };
    case 'allow':
      return { feature: 'swarm', verb: 'allow', input: action.whom };
    case 'listen-letters':
      return { feature: 'letters', verb: 'listen', input: undefined };
    case 'work':
      return {
        feature: 'tasks',
        verb: 'work',
        input: {
          services: [{ service: 'render', concurrency: 2, queue: 0, isIdempotent: false }],
          capacity: { cores: 4, memory: 2 ** 33, software: ['blender'], resources: [['gpu', 1]] },
        },
      };
    case 'handle-letters':
      return {
        feature: 'letters',
        verb: 'open',
        input: {
          ...{ letters: 1000, bytes: 4_194_304 },
          selection: { types: ['note'], others: true, conversations: false },
        },
      };
    default:
      return undefined;
  }
}

function bodyOf({ text, size }: Body): Uint8Array {
  return text === undefined ? new Uint8Array(size ?? 0).fill(0x78) : encoder.encode(text);
}

function outcomeText({ output, failure }: Outcome): string {
  return output === undefined
    ? `call failed: ${failure === undefined ? 'nobody knows why' : failureText(failure)}`
    : `answer: ${shown(output.bytes)}`;
}

function brokerText(broker: BrokerView | undefined): string {
  return broker === undefined ? 'no broker' : `broker ${broker.name} at ${broker.address}`;
}

/** Only the code: the words may become better ones. */
function failureText({ code }: Failure): string {
  return code;
}

function shown(bytes: Uint8Array): string {
  return bytes.length <= 64
    ? JSON.stringify(decoder.decode(bytes))
    : `${bytes.length} bytes ${compactHex(bytes)}`;
}
