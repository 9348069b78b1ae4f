/**
 * The broker's side of envelopes: a batch of one author becomes one row of the log.
 *
 * Made by the log's behavior. Invariant: an author is who it is known as, whatever its batch says; one that sends too much
 * is cut and counted, and a flood of batches does not become a flood of rows.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import type { LogEvent } from '../../../kernel/log-event.ts';
import { TokenBucket } from '../../../kernel/parts/token-bucket.ts';
import type { Questioner } from '../../swarm/core/shared.ts';
import { type EnvelopeBatch, eventOf, missedEvent } from './envelope-wire.ts';
import { logLimits } from './limits.ts';

interface Author {
  readonly rate: TokenBucket;
  /** Cut, and not written yet. */
  missed: number;
}

export class EnvelopeIntake {
  /** Those that were heard of last. */
  private readonly authors = new Map<NodeId, Author>();

  /**
   * @param wallNow Unix milliseconds. @param via The broker's name. @returns What is to be written, which may be nothing, and
   * how many of earlier batches are counted in it.
   */
  eventsOf(
    { node, name }: Questioner,
    { missed, envelopes }: EnvelopeBatch,
    { now, wallNow, via }: { readonly now: number; readonly wallNow: number; readonly via: string },
  ): { readonly events: readonly LogEvent[]; readonly carried: number } {
    const author = this.authorOf(node, now);
    const carried = author.missed;
    const sent = { author: name, at: wallNow, via };
    const events: LogEvent[] = [];
    for (const envelope of envelopes) {
      if (!author.rate.take(now)) break;
      events.push(eventOf(envelope, sent));
    }
    author.missed += missed + envelopes.length - events.length;
    if (author.missed > 0 && (events.length > 0 || author.rate.take(now))) {
      events.push(missedEvent(author.missed, sent));
      author.missed = 0;
    }
    return { events, carried };
  }

  /** The batch was not written: its author counts it, or an earlier broker has written it. */
  notWritten(node: NodeId, now: number, carried: number): void {
    this.authorOf(node, now).missed = carried;
  }

  clear(): void {
    this.authors.clear();
  }

  private authorOf(node: NodeId, now: number): Author {
    const { logEnvelopesFromAuthorPerSecond: perSecond, logEnvelopesFromAuthorBurst: burst } = logLimits;
    const author = this.authors.get(node) ?? { rate: new TokenBucket(perSecond, burst, now), missed: 0 };
    this.authors.delete(node);
    this.authors.set(node, author);
    const [oldest] = this.authors.keys();
    if (this.authors.size > logLimits.logEnvelopeAuthorsMax && oldest !== undefined)
      this.authors.delete(oldest);
    return author;
  }
}
