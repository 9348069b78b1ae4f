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
  LifecycleCalls,
  MeshCalls,
  StoreCompletion,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import { FollowingLines } from '../../../kernel/lines/following-lines.ts';
import type { Member, SwarmCore } from '../../swarm/core/shared.ts';
import { Author } from './author.ts';
import { endedOf } from './copies.ts';
import { depositing } from './deposits.ts';
import { answerInquiries } from './inquiries.ts';
import type { LettersShape } from './letters-types.ts';
import { Mailbox } from './mailbox.ts';
import { Outbox, type OwnCompletion } from './outbox.ts';
import { OwnReports } from './own-reports.ts';
import { PostOffice } from './post-office.ts';
import { decodeLetterMessage, type LetterMessage } from './wire.ts';

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
  readonly frames: FrameCalls;
  readonly mesh: MeshCalls = { event: (_agent, event) => this.lines.event(event) };
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
  private readonly lines: FollowingLines<LetterMessage>;

  constructor(swarm: SwarmCore) {
    this.swarm = swarm;
    this.lines = new FollowingLines<LetterMessage>({
      leader: () => swarm.broker?.node,
      decode: decodeLetterMessage,
      received: (from, message, done) => this.received(from, message, done),
      following: () => this.following(),
      ended: (node) => this.office.memberEnded(node),
      away: (node, isAway) => this.office.memberIsAway(node, isAway),
      startedOver: (node) => this.office.memberStartedOver(node),
      leaderIsBack: () => {
        // It may have closed this node's desks.
        this.mailbox.announce();
        this.reports.brokerChanged();
      },
    });
    this.frames = this.lines.frames;
    swarm.follow({
      brokerChanged: () => this.lines.leaderChanged(),
      officeChanged: () => this.office.officeChanged(),
      admitted: (name) => this.office.admitted(name),
    });
  }

  private started(agent: BehaviorAgent<LettersShape>): void {
    const { swarm } = this;
    this.agent = agent;
    this.lines.started(agent);
    const send = (message: Uint8Array, processed?: () => void): boolean =>
      this.lines.sendToLeader(message, processed);
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
    swarm.depositBy(
      depositing({
        swarm,
        ask: (verb, input, then) => office.ask(verb, input, then),
        wallNow: () => agent.wallNow,
        name: agent.self.name,
        mail: (recipient) => office.mail(recipient),
      }),
    );
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

  private following(): void {
    this.author.brokerChanged();
    this.mailbox.brokerChanged();
    this.reports.brokerChanged();
  }

  private received(from: Member, message: LetterMessage, done: () => void): void {
    switch (message.type) {
      case 'put':
      case 'open':
      case 'close':
      case 'settle':
      case 'collect':
      case 'heard':
        return this.office.received(from, message, done);
      default:
        // Nobody but the broker is to be believed. What is ignored is not processed: a broker that this node does not
        // follow yet, or for a moment, must not take a report or a refusal for heard. It says that again once it is followed.
        if (!this.lines.isLeader(from)) return;
        return this.brokerSaid(message) ? done() : undefined;
    }
  }

  /** False: it is ignored. */
  private brokerSaid(message: Extract<LetterMessage, { type: 'stored' | 'letters' | 'report' }>): boolean {
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
