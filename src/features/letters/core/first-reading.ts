/**
 * The first reading of an outbox: what an earlier run of the node has left there.
 *
 * Made by the author, which sends nothing before it is over. Invariant: what is there is given whole and once; one reading
 * that fails does not leave it alone until the next start.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { LettersShape, OutboxLetter } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import type { Outbox } from './outbox.ts';

export interface FirstReadingPorts {
  readonly agent: BehaviorAgent<LettersShape>;
  readonly outbox: Outbox;
  /** @param found In the order in which they were sent. Undefined: there is no outbox, or it cannot be read. */
  over(found: readonly OutboxLetter[] | undefined): void;
}

const never = Number.POSITIVE_INFINITY;

/** An outbox that could not be read for one of these may be readable in a moment. */
const mayBeRead = new Set<string>(['SKEIN_LOST', 'SKEIN_BUSY']);

export class FirstReading {
  private readonly ports: FirstReadingPorts;
  private failures = 0;
  private againAt = never;

  constructor(ports: FirstReadingPorts) {
    this.ports = ports;
  }

  begin(): void {
    const found: OutboxLetter[] = [];
    this.ports.outbox.load(
      undefined,
      (letters) => {
        found.push(...letters);
        if (letters.length === 0) this.ports.over(found);
      },
      (why) => this.failed(why),
    );
  }

  nextDeadline(): number {
    return this.againAt;
  }

  deadline(now: number): void {
    if (now < this.againAt) return;
    this.againAt = never;
    this.begin();
  }

  private failed(why: Failure): void {
    const { agent, over } = this.ports;
    if (mayBeRead.has(why.code) && ++this.failures < letterLimits.outboxLoadsMax) {
      this.againAt = agent.now + letterLimits.letterOutboxAgainMs;
      return agent.log('warn', `the outbox of this node is read again soon: ${why.message}`);
    }
    if (why.code !== 'SKEIN_INVALID')
      agent.log('error', `the outbox of this node is left alone: ${why.message}`);
    over(undefined);
  }
}
