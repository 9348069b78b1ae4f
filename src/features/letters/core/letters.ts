/**
 * Letters: messages that the swarm's store keeps until their recipients have handled them.
 *
 * A behavior with three sides: an author puts letters into the store (author.ts), the broker keeps them and hands them
 * out (post-office.ts), a recipient says what became of each (mailbox.ts). Members and broker speak over lines. Invariant:
 * a node follows one broker at a time, and says everything again to the next one.
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
  StoreCompletion,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { Lines, type Sender } from '../../../kernel/lines/lines.ts';
import type { SwarmCore } from '../../swarm/core/shared.ts';
import { Author } from './author.ts';
import { endedOf } from './copies.ts';
import { answerInquiries } from './inquiries.ts';
import type { LettersShape } from './letters-types.ts';
import { Mailbox } from './mailbox.ts';
import { Outbox, type OwnCompletion } from './outbox.ts';
import { OwnReports } from './own-reports.ts';
import { PostOffice } from './post-office.ts';
import { decodeLetterMessage } from './wire.ts';

export const lettersFeature = 'letters';

export class Letters implements Behavior<LettersShape> {
  readonly name = lettersFeature;
  readonly commands: CommandHandlers<LettersShape> = {
    open: (_agent, window, reply) => {
      this.used();
      reply.answer(this.mailbox.open(window));
    },
    ask: (_agent, { verb, input }, reply) => {
      this.used();
      this.swarm.ask(verb, input, reply);
    },
    listen: (_agent, _nothing, reply) => {
      this.used();
      this.reports.listening();
      reply.answer(undefined);
    },
  };
  readonly lifecycle: LifecycleCalls<LettersShape> = { started: (agent) => this.started(agent) };
  readonly timers: TimerCalls = {
    nextDeadline: () =>
      Math.min(this.lines.nextDeadline(), this.office.nextDeadline(), this.author.nextDeadline()),
    deadline: (_agent, now) => {
      this.lines.deadline(now);
      this.author.deadline(now);
      this.office.deadline(now);
    },
    flush: (_agent, now) => {
      this.author.flush();
      this.mailbox.flush();
      this.lines.flush(now);
    },
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame) => this.lines.message(frame),
    returned: (_agent, returned) => this.lines.returned(returned),
  };
  readonly mesh: MeshCalls = { event: (_agent, event) => this.event(event) };
  readonly store = {
    completed: (_agent: unknown, completion: StoreCompletion<LettersShape['store']>) =>
      this.office.completed(completion),
    ownCompleted: (_agent: unknown, completion: OwnCompletion) => this.outbox.completed(completion),
  };
  readonly diagnostics: DiagnosticCalls = { status: () => this.status() };
  author!: Author;
  mailbox!: Mailbox;
  reports!: OwnReports;
  private outbox!: Outbox;
  private office!: PostOffice;
  private readonly swarm: SwarmCore;
  private agent!: BehaviorAgent<LettersShape>;
  private readonly lines = new Lines({
    received: (from, bytes, done) => this.received(from, bytes, done),
    ended: (node) => this.ended(node),
    forgotten: (node) => {
      if (node === this.followed) this.brokerChanged();
    },
    startedOver: (node) => {
      if (node !== this.followed) this.office.memberStartedOver(node);
    },
  });
  /** Who was followed last. */
  private followed: NodeId | undefined;

  constructor(swarm: SwarmCore) {
    this.swarm = swarm;
    swarm.follow({
      brokerChanged: () => this.brokerChanged(),
      officeChanged: () => this.office.officeChanged(),
      admitted: (name) => this.office.admitted(name),
    });
  }

  private started(agent: BehaviorAgent<LettersShape>): void {
    const { swarm } = this;
    this.agent = agent;
    this.lines.started(agent);
    const send = (message: Uint8Array, processed?: () => void): boolean => {
      const { broker } = swarm;
      return broker !== undefined && this.lines.send(broker.node, message, processed);
    };
    const deliver: BehaviorAgent<LettersShape>['deliver'] = (event) => agent.deliver(event);
    this.outbox = new Outbox(agent);
    this.author = new Author({
      agent,
      outbox: this.outbox,
      home: () => swarm.home,
      problem: () => swarm.problem,
      send,
      deliver,
      want: () => this.used(),
      askEnded: (ids, then) => this.askEnded(ids, then),
    });
    this.mailbox = new Mailbox({ agent, send, deliver });
    this.reports = new OwnReports({ agent, send, deliver });
    const office = new PostOffice({
      agent,
      swarm,
      reply: (end, message, processed) => void this.lines.reply(end, message, processed),
      drop: (node) => this.lines.drop(node),
      dropAll: () => this.lines.dropAll(),
      forget: (node) => this.lines.forget(node),
      isCurrent: (sender) => this.lines.isCurrent(sender),
      ignoreUnprocessed: () => this.lines.ignoreUnprocessed(),
    });
    this.office = office;
    answerInquiries({
      swarm,
      wallNow: () => agent.wallNow,
      name: agent.self.name,
      ask: (verb, input, then) => office.ask(verb, input, then),
      report: (letters) => office.report(letters),
      isDue: (recipients, now) => office.isDue(recipients, now),
    });
    this.author.started();
  }

  /** The program wants something of letters. */
  private used(): void {
    this.swarm.want();
  }

  /** An answer that does not come, or fits nothing, is asked for again later. */
  private askEnded(ids: readonly string[], then: (ended: readonly string[]) => void): void {
    this.swarm.ask(
      'letters.ended',
      { ids },
      {
        answer: (json) => then(endedOf(json, ids)),
        fail: () => undefined,
      },
    );
  }

  /** Unix milliseconds. */
  get wallNow(): number {
    return Math.floor(this.agent.wallNow);
  }

  private brokerChanged(): void {
    if (this.followed !== undefined) this.lines.drop(this.followed);
    this.followed = this.swarm.broker?.node;
    this.agent.flushLater();
    if (this.followed === undefined) return;
    this.author.brokerChanged();
    this.mailbox.brokerChanged();
    this.reports.brokerChanged();
  }

  private event(event: KernelEvent): void {
    this.lines.event(event);
    if (event.type !== 'node-up' && event.type !== 'node-down') return;
    const { id } = event.node;
    this.office.memberIsAway(id, event.type === 'node-down');
    // It may have closed this node's desks.
    if (event.type !== 'node-up' || id !== this.followed) return;
    this.mailbox.announce();
    this.reports.brokerChanged();
  }

  /** The incarnation there is over. As a member this node hears of the next broker, or of the next run of this one. */
  private ended(node: NodeId): void {
    this.office.memberEnded(node);
    if (node === this.swarm.broker?.node) this.brokerChanged();
  }

  private received(from: Sender, bytes: Uint8Array, done: () => void): void {
    const message = decodeLetterMessage(bytes);
    const name = this.agent.directory.get(from.node)?.name;
    if (message === undefined || name === undefined) return done();
    switch (message.type) {
      case 'put':
      case 'open':
      case 'close':
      case 'settle':
      case 'collect':
      case 'heard':
        return this.office.received({ ...from, name }, message, done);
      default:
        // Nobody but the broker is to be believed. What is ignored is not processed: a broker that this node does not
        // follow yet, or for a moment, must not take a report or a refusal for heard. It says that again once it is followed.
        if (from.node !== this.swarm.broker?.node) return;
        return this.brokerSaid(message) ? done() : undefined;
    }
  }

  /** False: it is ignored. */
  private brokerSaid(
    message: Extract<ReturnType<typeof decodeLetterMessage>, { type: 'stored' | 'letters' | 'report' }>,
  ): boolean {
    if (message.type === 'stored') return this.author.stored(message.number, message.outcomes);
    if (message.type === 'letters') this.mailbox.received(message.opening, message.store, message.deliveries);
    else this.reports.received(message);
    return true;
  }

  private status(): Record<string, unknown> {
    return {
      unstored: this.author.unstoredCount,
      inHand: this.mailbox.inHandCount,
      recipients: this.office.deskCount,
      ...this.office.intake.counts,
      ...this.office.counts,
      ...this.lines.counts,
    };
  }
}
