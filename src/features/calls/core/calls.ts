/**
 * Calls: requests to services, each answered once, with a deadline that travels along.
 *
 * A behavior, in two halves: the asker and the responder. A request is one frame to one node, chosen among those
 * that offer the service; its reply is one frame back. Invariant: a request is carried out at most once for its
 * number, and a second node is asked only where that is certain to do no harm.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DiagnosticCalls,
  FrameCalls,
  KernelEvent,
  LifecycleCalls,
  MeshCalls,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import { failure } from '../../../kernel/errors.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import type { AvailabilityCore } from '../../availability/core/shared.ts';
import { Asker } from './asker.ts';
import type { CallsShape, ServeOptions } from './calls-types.ts';
import { Responder } from './responder.ts';
import type { CallsCore, ServiceStanding } from './shared.ts';
import { CallType } from './wire.ts';

export const callsFeature = 'calls';

export class Calls implements Behavior<CallsShape>, CallsCore {
  readonly name = callsFeature;
  readonly commands: CommandHandlers<CallsShape> = {
    serve: (_agent, offer, reply) => {
      if (this.responder.serve(offer.service, offer)) return reply.answer();
      const text = `${offer.service} is answered by this node already: close that responder first`;
      reply.fail(failure('SKEIN_INVALID', text));
    },
    unserve: (_agent, service, reply) => {
      this.responder.unserve(service);
      reply.answer();
    },
  };
  readonly lifecycle: LifecycleCalls = {
    started: (agent) => this.started(agent),
    stopped: (agent) => this.stopped(agent),
  };
  readonly timers: TimerCalls = {
    tick: (_agent, now) => this.responder.tick(now),
    nextDeadline: () => Math.min(this.asker.nextDeadline(), this.responder.nextDeadline()),
    deadline: (_agent, now) => {
      this.asker.deadline(now);
      this.responder.deadline(now);
    },
    flush: () => {
      this.asker.flush();
      this.responder.flush();
    },
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame) => {
      if (!this.take(frame)) this.malformed++;
    },
    returned: (_agent, returned) => this.asker.returned(returned),
  };
  readonly mesh: MeshCalls = { event: (_agent, event) => this.event(event) };
  readonly diagnostics: DiagnosticCalls = { status: () => this.status() };
  /** The hot paths: called by the api within a turn of the kernel, without a command. */
  asker!: Asker;
  responder!: Responder;
  private readonly availability: AvailabilityCore;
  private malformed = 0;
  private readonly hidden = new Map<string, ServeOptions>();

  constructor(availability: AvailabilityCore) {
    this.availability = availability;
  }

  private started(agent: BehaviorAgent): void {
    this.asker = new Asker(agent, this.availability);
    this.responder = new Responder(agent);
    for (const [service, options] of this.hidden) this.responder.serveHidden(service, options);
  }

  private stopped(agent: BehaviorAgent): void {
    this.responder.stop();
    this.asker.abandonAll(failure('SKEIN_CLOSED', `node ${agent.self.name} is closed`));
  }

  // ── for features that need calls ──────────────────────────────────────────────────────────────────

  offerHidden(service: string, options: ServeOptions): void {
    this.hidden.set(service, options);
  }

  standing(service: string): ServiceStanding | undefined {
    return this.responder.standing(service);
  }

  work(): { readonly running: number; readonly waiting: number } {
    return this.responder.work();
  }

  private take(frame: Frame): boolean {
    switch (frame.type) {
      case CallType.request:
        return this.responder.request(frame);
      case CallType.reply:
        return this.asker.replied(frame);
      case CallType.ask:
        return this.responder.ask(frame);
      case CallType.cancel:
        return this.responder.cancel(frame);
      case CallType.got:
        return this.responder.got(frame);
      default:
        return false;
    }
  }

  private event(event: KernelEvent): void {
    if (event.type === 'routes-changed') this.asker.rerouted();
    else if (event.type === 'node-up') this.responder.nodeKnown(event.node.id);
    else if (event.type === 'node-down') this.asker.nodeDown(event.node, event.reason);
  }

  status(): Record<string, unknown> {
    const { asker, responder, malformed } = this;
    return {
      ...asker.counts,
      unresolved: asker.unresolved,
      ...responder.counts,
      running: responder.running,
      malformed,
    };
  }
}
