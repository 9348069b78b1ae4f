/**
 * The messaging facade: `send`, `broadcast`, `post`, `messages`, `handle`, `snoop` over the messaging feature.
 *
 * Made by the local node. Values become bytes here and back (codec.ts), names become ids and back.
 * Invariant: a body that its kind's schema does not accept never leaves this process.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { checkName, idOf, type NodeId } from '../../../kernel/identity.ts';
import { listOfNames } from '../../../kit/arguments.ts';
import { encodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { validate } from '../../../kit/schema.ts';
import { PushStream } from '../../../kit/stream.ts';
import type { MessageStream, StreamOptions } from '../../../kit/streams.ts';
import { nameOf } from '../../../kit/views.ts';
import { whenAborted } from '../../../kit/when-aborted.ts';
import type { BatchOptions, SendOptions, SendResult, SnoopedMessage } from '../api.ts';
import { messagingLimits } from '../core/limits.ts';
import type { Messaging } from '../core/messaging.ts';
import type { MessagingEvent, SendAnswer, SendCommand, Sent, Transit } from '../core/messaging-types.ts';
import type { Everybody, Target } from '../core/target.ts';
import type { MessagingFeatureShape } from '../shape.ts';
import { CountedBatch } from './batch.ts';
import { checkBatchOptions, checkSendOptions } from './check-options.ts';
import { Consumers } from './consumers.ts';
import { defaultKind, type Kind, kind, kindName } from './kind.ts';
import { snoopedMessage } from './message.ts';
import { encodeSmall } from './small-body.ts';

type Ports = NodePorts<MessagingFeatureShape, Messaging>;

/** Whoever waits for the receipt of a message to one node: what the sender hands back with it. */
interface Waiter {
  ended(sent: Sent): void;
  failed(error: Error): void;
}

class SendWaiter implements Waiter {
  private readonly to: string;
  private readonly options: SendOptions<never>;
  private readonly resolve: (result: SendResult) => void;
  readonly failed: (error: Error) => void;

  constructor(
    to: string,
    options: SendOptions<never>,
    resolve: (result: SendResult) => void,
    reject: (error: Error) => void,
  ) {
    this.to = to;
    this.options = options;
    this.resolve = resolve;
    this.failed = reject;
  }

  ended({ sequence, delivered, missing }: Sent): void {
    const { receipt, require } = this.options;
    const isDelivered = delivered.length > 0;
    const isCounted = receipt === 'count';
    const result: SendResult = {
      id: sequence,
      delivered: isDelivered && !isCounted ? [this.to] : nobody,
      missing: isCounted || isDelivered ? nobody : missing.map(({ reason }) => ({ node: this.to, reason })),
      deliveredCount: delivered.length,
      missingCount: missing.length,
    };
    if (isDelivered || require === 'none') this.resolve(result);
    else this.failed(undelivered(result));
  }
}

/** Names of recipients that are kept ready, each with its kinds. */
const targetsMax = 4096;
const nobody: readonly never[] = Object.freeze([]);

export class Messages {
  readonly consumers: Consumers;
  private readonly ports: Ports;
  private readonly snoops = new Set<PushStream<SnoopedMessage>>();
  private readonly targets = new Map<string, Map<string, Target>>();
  private last: { readonly to: string; readonly target: Target } | undefined;
  /** By kind. */
  private readonly everybody = new Map<string, Everybody>();

  constructor(ports: Ports) {
    this.ports = ports;
    this.consumers = new Consumers(ports);
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────

  send(to: string | readonly string[], body: unknown, options: SendOptions<never>): Promise<SendResult> {
    if (typeof to === 'string' && isPlain(options)) return this.sendToOne(to, body, options);
    const names = listOfNames('send', to);
    if (names.length === 0) throw new TypeError('send: name at least one recipient');
    for (const name of names) this.checkRecipient(name);
    return this.dispatch(names.map(idOf), body, options, new Map(names.map((name) => [idOf(name), name])));
  }

  /** Most messages: to one node, in one frame, without a schema or a signal. Past commands and tokens. */
  private sendToOne(to: string, body: unknown, options: SendOptions<never>): Promise<SendResult> {
    const target = this.target(to, kindName(options.kind ?? defaultKind));
    const { encoding, bytes } = encodeBody(body);
    if (bytes.length > messagingLimits.partBytes) {
      return this.dispatch([target.node], body, options, new Map([[target.node, to]]));
    }
    const timeoutMs = options.timeoutMs ?? this.ports.settings.sendTimeoutMs;
    return new Promise((resolve, reject) => {
      const waiter = new SendWaiter(to, options, resolve, reject);
      this.ports.enter();
      const problem = this.ports.behavior.direct.sendTo(target, encoding, bytes, timeoutMs, waiter);
      if (problem !== undefined) reject(SkeinError.from(problem));
    });
  }

  batch(to: string, options: BatchOptions<never>): CountedBatch<unknown> {
    checkBatchOptions(options);
    const {
      kind: named = defaultKind,
      inFlight = messagingLimits.receiveBufferMessages,
      timeoutMs,
    } = options;
    this.target(to, kindName(named));
    return new CountedBatch(inFlight, (batch) => {
      const waiter: Waiter = {
        ended: ({ missing }) => batch.ended(missing[0]?.reason),
        failed: (error) => batch.failed(error),
      };
      return (body) => this.addToBatch(to, body, named, timeoutMs, waiter);
    });
  }

  /** False: so many messages of this node wait for their receipts already. */
  private addToBatch(
    to: string,
    body: unknown,
    named: Kind<never> | string,
    timeoutMs: number | undefined,
    waiter: Waiter,
  ): boolean {
    const { encoding, bytes } = encodeSmall('batch', body, named);
    const target = this.target(to, kindName(named));
    this.ports.enter();
    const { direct } = this.ports.behavior;
    return (
      direct.sendTo(target, encoding, bytes, timeoutMs ?? this.ports.settings.sendTimeoutMs, waiter) ===
      undefined
    );
  }

  broadcast(body: unknown, options: SendOptions<never>): Promise<SendResult> {
    checkSendOptions(options);
    if (options.receipt !== 'none' || !isShort(options))
      return this.dispatch('all', body, options, new Map());
    const { encoding, bytes } = encodeBody(body);
    if (bytes.length > messagingLimits.partBytes) return this.dispatch('all', body, options, new Map());
    const named = kindName(options.kind ?? defaultKind);
    const { direct } = this.ports.behavior;
    let everybody = this.everybody.get(named);
    if (everybody === undefined) {
      everybody = direct.everybody(named);
      if (this.everybody.size >= targetsMax) this.everybody.clear();
      this.everybody.set(named, everybody);
    }
    this.ports.enter();
    return Promise.resolve(this.result(direct.postToAll(everybody, encoding, bytes), new Map(), 'none'));
  }

  /** The frame's constant part is kept per recipient and kind; the body is copied once, into the link's buffer. */
  post(to: string, body: unknown, named: Kind<never> | string): boolean {
    const { encoding, bytes } = encodeSmall('post', body, named);
    const target = this.target(to, kindName(named));
    this.ports.enter();
    return this.ports.behavior.direct.post(target, encoding, bytes) === undefined;
  }

  /** Mostly the last one again: comparing two texts that are the same object costs nothing, two look-ups do. */
  private target(to: string, named: string): Target {
    const { last } = this;
    if (last?.to === to && last.target.kind === named) return last.target;
    const target = this.targets.get(to)?.get(named) ?? this.makeTarget(to, named);
    this.last = { to, target };
    return target;
  }

  private makeTarget(to: string, named: string): Target {
    this.checkRecipient(to);
    kind(named);
    const target = this.ports.behavior.direct.target(idOf(to), named);
    if (this.targets.size >= targetsMax) this.targets.clear();
    const byKind = this.targets.get(to) ?? new Map<string, Target>();
    this.targets.set(to, byKind.set(named, target));
    return target;
  }

  private checkRecipient(name: string): void {
    checkName(name, 'recipient');
    if (name !== this.ports.name) return;
    throw new SkeinError('SKEIN_SELF', `${name} is this node itself: a node cannot send to itself`);
  }

  private async dispatch(
    recipients: readonly NodeId[] | 'all',
    body: unknown,
    options: SendOptions<never>,
    names: ReadonlyMap<NodeId, string>,
  ): Promise<SendResult> {
    checkSendOptions(options);
    const { kind: named = defaultKind, require = 'all', receipt = 'all', trace = false, signal } = options;
    checkNotAborted(signal);
    const value = typeof named === 'string' ? body : await validate(named, body);
    const encoded = encodeBody(value);
    const command: SendCommand = {
      recipients,
      kind: kindName(named),
      encoding: encoded.encoding,
      body: encoded.bytes,
      acknowledged: receipt !== 'none',
      traced: trace,
      timeoutMs: options.timeoutMs ?? this.ports.settings.sendTimeoutMs,
    };
    const answer = await this.ask(command, signal);
    return conclude(this.result(answer, names, receipt), receipt === 'none' ? 'none' : require);
  }

  private async ask(command: SendCommand, signal: AbortSignal | undefined): Promise<SendAnswer> {
    // The signal may have fired while a schema was asked.
    checkNotAborted(signal);
    const { token, answer } = this.ports.begin('send', command);
    if (signal === undefined) return answer;
    const abort = (): void => this.ports.tell('abort', token);
    const forget = whenAborted(signal, abort);
    try {
      return await answer;
    } finally {
      forget();
    }
  }

  private result(answer: SendAnswer, names: ReadonlyMap<NodeId, string>, receipt: string): SendResult {
    const named = (id: NodeId): string => names.get(id) ?? nameOf(id, this.ports.mesh.records);
    const counted = { deliveredCount: answer.delivered.length, missingCount: answer.missing.length };
    if (receipt === 'count') return { id: answer.sequence, delivered: [], missing: [], ...counted };
    const missing = answer.missing.map(({ node, reason }) => ({ node: named(node), reason }));
    return { id: answer.sequence, delivered: answer.delivered.map(named), missing, ...counted };
  }

  // ── watching what passes ──────────────────────────────────────────────────────────────────────────

  snoop({ signal }: StreamOptions): MessageStream<SnoopedMessage> {
    const answer = this.ports.ask('snoop', true);
    const closed = (): void => {
      this.snoops.delete(stream);
      if (this.snoops.size === 0) this.ports.tell('snoop', false);
    };
    const stream = new PushStream<SnoopedMessage>({ closed }, answer, signal);
    this.snoops.add(stream);
    return stream;
  }

  /** The kernel behind this node has changed: everything goes on with the new one. */
  resume(): void {
    this.targets.clear();
    this.last = undefined;
    this.everybody.clear();
    this.consumers.resume();
    if (this.snoops.size > 0) this.ports.tell('snoop', true);
  }

  end(error: Error | undefined): void {
    this.consumers.end(error);
    for (const stream of [...this.snoops]) stream.end(error);
    for (const handle of this.ports.behavior.direct.handles())
      (handle as Waiter).failed(error ?? new SkeinError('SKEIN_CLOSED', 'the node is closed'));
  }

  handle(event: MessagingEvent): void {
    if (event.type === 'arrivals') this.consumers.handOver(event.arrivals);
    else if (event.type === 'sent')
      for (const message of event.messages) (message.handle as Waiter).ended(message);
    else this.showTransit(event.transit);
  }

  private showTransit(transit: Transit): void {
    const message = snoopedMessage(transit, this.ports.mesh);
    // Whoever looks on too slowly misses some: the traffic itself must not wait for it.
    for (const stream of this.snoops)
      if (stream.waiting < messagingLimits.receiveBufferMessages) stream.push(message);
  }
}

function conclude(result: SendResult, require: 'all' | 'any' | 'none'): SendResult {
  const enough =
    require === 'none' || result.missingCount === 0 || (require === 'any' && result.deliveredCount > 0);
  if (enough) return result;
  throw undelivered(result);
}

function undelivered(result: SendResult): SkeinError {
  const named = result.missing.map(({ node, reason }) => `${node} (${reason})`).join(', ');
  const who = named === '' ? `${result.missingCount} recipients` : named;
  return new SkeinError('SKEIN_UNDELIVERED', `not delivered to ${who}`, { details: result });
}

/** Whether it may go by the hot path; what is wrong with options is said here. */
function isPlain(options: SendOptions<never>): boolean {
  checkSendOptions(options);
  return options.receipt !== 'none' && isShort(options);
}

/** Nobody else need be asked: no schema, no signal, no trace. */
function isShort({ kind: named, signal, trace = false }: SendOptions<never>): boolean {
  const hasSchema = typeof named === 'object' && named.schema !== undefined;
  return !hasSchema && signal === undefined && !trace;
}

function checkNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new SkeinError('SKEIN_ABORTED', 'given up by the caller before anything was sent', {
    cause: signal.reason,
  });
}
