/**
 * Letters of this node's outbox on their way to the swarm: how old they are, which of them the broker does not take for
 * now, and what became of those that the swarm does not have under their ids.
 *
 * Made by the author, which sends them. Invariant: of a letter that was reported as kept, and will not be delivered, that is
 * reported once; one that the broker may take later is given up only once it has expired.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { SteadyClock } from '../../../kernel/parts/steady-clock.ts';
import type { Letter, LettersEvent, LettersShape, OutboxEnd, OutboxLetter } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import { everybody, ownStatus } from './own-letters.ts';
import { SentOn } from './sent-on.ts';
import type { Waiting } from './waiting-letter.ts';

export interface KeptLettersPorts {
  readonly agent: BehaviorAgent<LettersShape>;
  deliver(event: LettersEvent): void;
}

const never = Number.POSITIVE_INFINITY;

/** A letter in the outbox that was not taken for one of these may be taken later. */
const passing = new Set<string>([
  ...['SKEIN_STORE', 'SKEIN_STORE_FULL', 'SKEIN_STORE_ELSEWHERE', 'SKEIN_STORE_CLAIMED'],
  ...['SKEIN_BUSY', 'SKEIN_LOST', 'SKEIN_MAILBOX_FULL'],
]);

export class KeptLetters {
  readonly sentOn = new SentOn();
  private readonly ports: KeptLettersPorts;
  /** By which letters expire in the outbox. */
  private readonly clock: SteadyClock;
  /** Not taken by the broker for now. */
  private refused: Waiting[] = [];
  private againAt = never;
  private isStoreClosed = false;

  constructor(ports: KeptLettersPorts) {
    this.ports = ports;
    this.clock = new SteadyClock({
      reading: () => ports.agent,
      uptime: () => ports.agent.uptime(),
      // Who keeps the swarm reports it.
      stepped: () => undefined,
    });
    this.clock.begin(null);
  }

  /** Unix milliseconds, by the clock of this run. */
  now(): number {
    return this.clock.read();
  }

  /** It is of an earlier run, or the store that had it is gone. */
  found({ place, copies, storedIn: _, ...letter }: OutboxLetter): Waiting {
    return {
      letter,
      serial: 0,
      place,
      copies,
      handles: [],
      isAnswered: true,
      wasSent: false,
      madeAt: letter.sentAt,
      outboxAt: 0,
      kept: 'yes',
    };
  }

  // ── age ───────────────────────────────────────────────────────────────────────────────────────────

  /** What has waited here has that much less to wait. */
  travelling(waiting: Waiting): Letter {
    const { letter, isAnswered } = waiting;
    if (!isAnswered) return letter;
    const age = this.ageOf(waiting);
    return { ...letter, delayMs: Math.max(0, letter.delayMs - age), expiresMs: letter.expiresMs - age };
  }

  hasExpired(waiting: Waiting): boolean {
    return waiting.isAnswered && waiting.letter.expiresMs <= this.ageOf(waiting);
  }

  private ageOf({ madeAt }: Waiting): number {
    return Math.max(0, this.clock.read() - madeAt);
  }

  // ── not taken for now ─────────────────────────────────────────────────────────────────────────────

  /** The broker has refused it. False: for good, or before it was reported as kept. */
  takeLater(waiting: Waiting, { code }: Failure): boolean {
    if (!waiting.isAnswered || !passing.has(code)) return false;
    this.refused.push(waiting);
    this.isStoreClosed ||= code !== 'SKEIN_MAILBOX_FULL';
    this.againAt = Math.min(this.againAt, this.ports.agent.now + letterLimits.letterOutboxAgainMs);
    return true;
  }

  /** The store could not take one of these: what was sent after it must not overtake it. */
  get isHeld(): boolean {
    return this.isStoreClosed;
  }

  get allRefused(): readonly Waiting[] {
    return this.refused;
  }

  /** They are sent again. */
  takeRefused(): Waiting[] {
    this.againAt = never;
    this.isStoreClosed = false;
    return this.refused.splice(0);
  }

  nextDeadline(): number {
    return this.againAt;
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────────

  /** It has been reported as kept, and will not be delivered. */
  undelivered({ letter }: Waiting, state: OutboxEnd, reason: string): void {
    const { agent } = this.ports;
    const { name: author } = agent.self;
    const recipients = letter.recipients ?? [everybody];
    this.sentOn.ended(ownStatus(letter, author, { state, at: Math.floor(agent.wallNow), reason }));
    this.ports.deliver({
      type: 'undelivered',
      letters: recipients.map((recipient) => ({ id: letter.id, author, recipient, state, reason })),
    });
  }
}
