/**
 * Calls: requests to services, each answered once, with a deadline that travels along.
 *
 * A behavior, in two halves: the asker and the responder. A request is one frame to one node, chosen among those
 * that offer the service; its reply is one frame back. Invariant: a request is carried out at most once for its
 * number, and a second node is asked only where that is certain to do no harm.
 */
import type { Behavior, BehaviorAgent, KernelEvent, Returned } from '../../../kernel/contracts.ts';
import { failure } from '../../../kernel/errors.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import { Asker } from './asker.ts';
import type { CallsCommand } from './calls-types.ts';
import { Responder } from './responder.ts';
import { CallType } from './wire.ts';

export const callsFeature = 'calls';

export class Calls implements Behavior<CallsCommand> {
  readonly name = callsFeature;
  /** The hot paths: called by the api within a turn of the kernel, without a command. */
  asker!: Asker;
  responder!: Responder;
  private malformed = 0;

  started(agent: BehaviorAgent): void {
    this.asker = new Asker(agent);
    this.responder = new Responder(agent);
  }

  stopped(agent: BehaviorAgent): void {
    this.responder.stop();
    this.asker.abandonAll(failure('SKEIN_CLOSED', `node ${agent.self.name} is closed`));
  }

  tick(_agent: BehaviorAgent, now: number): void {
    this.responder.tick(now);
  }

  nextDeadline(): number {
    return Math.min(this.asker.nextDeadline(), this.responder.nextDeadline());
  }

  deadline(_agent: BehaviorAgent, now: number): void {
    this.asker.deadline(now);
    this.responder.deadline(now);
  }

  flush(): void {
    this.asker.flush();
    this.responder.flush();
  }

  command(agent: BehaviorAgent, command: CallsCommand, token: number): void {
    if (command.type === 'unserve') {
      this.responder.unserve(command.service);
    } else if (!this.responder.serve(command.service, command)) {
      const text = `${command.service} is answered by this node already: close that responder first`;
      return agent.answerFailure(token, failure('SKEIN_INVALID', text));
    }
    agent.answer(token, undefined);
  }

  message(_agent: BehaviorAgent, frame: Frame): void {
    if (!this.take(frame)) this.malformed++;
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

  returned(_agent: BehaviorAgent, returned: Returned): void {
    this.asker.returned(returned);
  }

  event(_agent: BehaviorAgent, event: KernelEvent): void {
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
