/**
 * `respond`: answering others, over the calls feature.
 *
 * Made by the local node. Invariant: each execution is concluded exactly once; what its handler throws travels as
 * a code and a message, never as a stack.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { codeOfThrown, textOfThrown } from '../../../kernel/thrown.ts';
import { decodeBody, encodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { checkBySchema } from '../../../kit/schema.ts';
import { subscription } from '../../../kit/subscription.ts';
import type { Call, RespondOptions, ServiceSubscription } from '../api.ts';
import type { Calls } from '../core/calls.ts';
import { type CallsEvent, codeOfNone, type Execution } from '../core/calls-types.ts';
import { callLimits } from '../core/limits.ts';
import type { Responder } from '../core/responder.ts';
import type { CallsFeatureShape } from '../shape.ts';
import { checkResponder } from './check-options.ts';
import { ReceivedCall } from './received-call.ts';
import { type Service, serviceOf } from './service.ts';

type Ports = NodePorts<CallsFeatureShape, Calls>;

interface Answerer {
  readonly service: Service<unknown, unknown>;
  readonly handler: (call: Call) => unknown;
}

interface Offer extends Answerer {
  readonly concurrency: number;
  readonly queue: number;
}

/** One execution, and the responder that it came by: a node that starts anew under another name has another. */
interface Job {
  readonly execution: Execution;
  readonly responder: Responder;
  readonly offer: Answerer;
}

/** An execution's handle where it was given up before its call was made. */
const left = Symbol('left');

export class Responders {
  private readonly ports: Ports;
  private readonly offers = new Map<string, Offer>();
  /** Those that this node's core offers by itself. */
  private readonly hidden = new Map<string, Answerer>();
  /** Handlers that have not answered yet. */
  private running = 0;
  private whenIdle: (() => void) | undefined;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  respond(
    given: Service<never, unknown> | string,
    handler: (call: Call) => unknown,
    options: RespondOptions = {},
  ): ServiceSubscription {
    const service = serviceOf(given);
    checkResponder(service.name, handler, options);
    if (this.offers.has(service.name)) {
      const text = `${service.name} is answered by this node already: close that responder first`;
      throw new SkeinError('SKEIN_INVALID', text);
    }
    const { concurrency = callLimits.serviceConcurrency, queue = callLimits.serviceQueue, signal } = options;
    const offer = { service, handler, concurrency, queue };
    this.offers.set(service.name, offer);
    const opened = this.serve(offer);
    // That the node is closed is told by its `close` event.
    opened.catch(() => undefined);
    return subscription(opened, () => this.withdraw(offer), signal);
  }

  answerHidden(given: Service<never, unknown>, handler: (call: Call) => unknown): void {
    const service = serviceOf(given);
    this.hidden.set(service.name, { service, handler });
  }

  /** The kernel behind this node has changed: what is offered is offered by the new one. */
  resume(): void {
    for (const offer of this.offers.values()) void this.serve(offer);
  }

  /** The node is to end: nothing new begins. @param idle Called once nothing runs, at once where nothing does. */
  drain(idle: () => void): void {
    for (const offer of [...this.offers.values()]) this.withdraw(offer);
    this.hidden.clear();
    if (this.running === 0) idle();
    else this.whenIdle = idle;
  }

  handle(event: Exclude<CallsEvent, { type: 'outcomes' }>): void {
    if (event.type === 'executions') for (const execution of event.executions) this.carryOut(execution);
    else for (const execution of event.executions) leave(execution);
  }

  private serve({ service, concurrency, queue }: Offer): Promise<void> {
    const offered = { service: service.name, concurrency, queue };
    return this.ports.ask('serve', offered);
  }

  private withdraw(offer: Offer): void {
    const { name } = offer.service;
    if (this.offers.get(name) !== offer) return;
    this.offers.delete(name);
    this.ports.tell('unserve', name);
  }

  // ── one request ───────────────────────────────────────────────────────────────────────────────────

  private carryOut(execution: Execution): void {
    const { responder } = this.ports.behavior;
    const { service } = execution;
    const offer = this.offers.get(service) ?? this.hidden.get(service);
    // Withdrawn in this very turn.
    if (offer === undefined) return responder.failed(execution, 'SKEIN_NO_SERVICE', 'it was just withdrawn');
    const job = { execution, responder, offer };
    this.running++;
    let input: unknown;
    try {
      input = decodeBody(execution.encoding, execution.input);
    } catch (error) {
      return this.fail(job, error);
    }
    const { name, input: schema } = offer.service;
    if (schema === undefined) return this.call(job, input);
    checkBySchema(schema, input, `service ${name}: input`).then(
      (valid) => this.call(job, valid),
      (error) => this.fail(job, error),
    );
  }

  private call(job: Job, input: unknown): void {
    const { execution, offer } = job;
    const given = new ReceivedCall(execution, input, this.ports.mesh, this.ports.now);
    if (execution.handle === left) given.leave();
    execution.handle = given;
    try {
      const output = offer.handler(given);
      if (!isPromise(output)) return this.answer(job, output);
      output.then(
        (value) => this.answer(job, value),
        (error) => this.fail(job, error),
      );
    } catch (error) {
      this.fail(job, error);
    }
  }

  private answer(job: Job, output: unknown): void {
    const { name, output: schema } = job.offer.service;
    if (schema === undefined) return this.reply(job, output);
    checkBySchema(schema, output, `service ${name}: output`).then(
      (valid) => this.reply(job, valid),
      (error) => this.fail(job, error),
    );
  }

  private reply(job: Job, output: unknown): void {
    try {
      const { encoding, bytes } = encodeBody(output);
      if (bytes.length > callLimits.callBytesMax) throw tooLarge(bytes.length);
      if (this.ports.tryEnter()) job.responder.answered(job.execution, encoding, bytes);
    } catch (error) {
      return this.fail(job, error);
    }
    this.ended();
  }

  private fail({ execution, responder }: Job, error: unknown): void {
    if (this.ports.tryEnter())
      responder.failed(execution, codeOfThrown(error) ?? codeOfNone, textOfThrown(error));
    this.ended();
  }

  private ended(): void {
    if (--this.running === 0) this.whenIdle?.();
  }
}

/** Nobody waits for it any more. */
function leave(execution: Execution): void {
  if (execution.handle instanceof ReceivedCall) execution.handle.leave();
  else execution.handle = left;
}

function tooLarge(byteLength: number): SkeinError {
  const text = `an output of ${byteLength} bytes is over the limit of ${callLimits.callBytesMax}`;
  return new SkeinError('SKEIN_TOO_LARGE', text);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
