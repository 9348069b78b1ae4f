/**
 * The outbox of a node: letters on its own disk, since the swarm does not have them yet, or so that it can get them again.
 *
 * Made by the letters behavior. The author says which letters are kept and which are needed no more; this knows how to ask
 * for that. Invariant: a letter is reported as kept only once it is on the disk; operations are carried out in order.
 */
import type { BehaviorAgent, StoreCompletion } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { LettersShape, OutboxEnd, OutboxLetter } from './letters-types.ts';
import { letterLimits } from './limits.ts';

type Verbs = LettersShape['ownStore'];
export type OwnCompletion = StoreCompletion<Verbs>;

export class Outbox {
  private readonly agent: BehaviorAgent<LettersShape>;
  private readonly operations = new Map<number, (completion: OwnCompletion) => void>();

  constructor(agent: BehaviorAgent<LettersShape>) {
    this.agent = agent;
  }

  completed(completion: OwnCompletion): void {
    const then = this.operations.get(completion.token);
    this.operations.delete(completion.token);
    then?.(completion);
  }

  /**
   * Reads all that is there, in the order in which it was sent.
   *
   * @param read Called with what was found; then once with nothing: that was all. @param failed There is no outbox, or it
   * cannot be read.
   */
  load(
    notIn: string | undefined,
    read: (letters: readonly OutboxLetter[]) => void,
    failed: (why: Failure) => void,
  ): void {
    const page = (after: number): void => {
      const { outboxLettersPerRead: letters, outboxBytesPerRead: bytes } = letterLimits;
      const input = notIn === undefined ? { after, letters, bytes } : { after, letters, bytes, notIn };
      this.ask('load', input, (completion) => {
        if (!completion.ok) return failed(completion.failure);
        const found = completion.value as readonly OutboxLetter[];
        const last = found.at(-1);
        read(found);
        if (last !== undefined) page(last.place);
      });
    };
    // A node that has never kept any makes no file by looking.
    this.ask('look', 'closed', (completion) => {
      if (!completion.ok) return failed(completion.failure);
      if ((completion.value as { readonly id: unknown }).id === null) read([]);
      else page(0);
    });
  }

  keep(letters: readonly OutboxLetter[], then: (problem: Failure | undefined) => void): void {
    this.ask('keep', letters, (completion) => then(completion.ok ? undefined : completion.failure));
  }

  /** These are in the swarm's store now, and are kept here as well; or they have ended so. @param then Called with whether that is noted. */
  stored(ids: readonly string[], store: string | OutboxEnd, then?: (isDone: boolean) => void): void {
    if (ids.length > 0) this.tell('stored', { ids, store }, then);
  }

  /** @param then Called with whether they are out. */
  drop(ids: readonly string[], then?: (isDone: boolean) => void): void {
    if (ids.length > 0) this.tell('drop', ids, then);
  }

  private tell<V extends 'stored' | 'drop'>(
    verb: V,
    input: Parameters<Verbs[V]>[0],
    then?: (isDone: boolean) => void,
  ): void {
    this.ask(verb, input, (completion) => {
      // They are sent again after a restart, under the same ids: to what is stored that does no harm.
      if (!completion.ok) this.agent.log('warn', `the outbox of this node: ${completion.failure.message}`);
      then?.(completion.ok);
    });
  }

  private ask<V extends keyof Verbs & string>(
    verb: V,
    input: Parameters<Verbs[V]>[0],
    then: (completion: OwnCompletion) => void,
  ): void {
    this.operations.set(this.agent.ownStore(verb, input), then);
  }
}
