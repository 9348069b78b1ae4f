/**
 * Answers to queries: the built-in ones and those of the program, to who asks this node or, where it is the broker,
 * the swarm.
 *
 * Made by the facade. Invariant: each query is answered once, with a value within its limit or with a failure; of a
 * program's handlers no more than `concurrency` are at work for one name.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import type { MessageSubscription } from '../../../kit/streams.ts';
import { subscription } from '../../../kit/subscription.ts';
import type { Call } from '../../calls/api.ts';
import type { AnswerOptions, Query } from '../api.ts';
import { queryLimits } from '../core/limits.ts';
import type { BuiltIn } from './built-in.ts';
import { checkAnswer } from './check-options.ts';
import { AnswerError } from './query-failures.ts';
import { type Sealed, sealed, unsealed } from './sealed.ts';

interface OwnAnswer {
  readonly handler: (query: Query) => unknown;
  readonly concurrency: number;
  readonly isForSwarm: boolean;
  atWork: number;
}

export class Answering {
  private readonly nodeName: () => string;
  private readonly builtIn: BuiltIn;
  private readonly own = new Map<string, OwnAnswer>();

  constructor(nodeName: () => string, builtIn: BuiltIn) {
    this.nodeName = nodeName;
    this.builtIn = builtIn;
  }

  answer(name: string, handler: (query: Query) => unknown, options: AnswerOptions): MessageSubscription {
    checkAnswer(name, handler, options);
    if (this.builtIn.has(name))
      throw new SkeinError('SKEIN_INVALID', `query ${name} is answered by every node: choose another name`);
    if (this.own.has(name)) {
      const text = `query ${name} is answered by this node already: close that answer first`;
      throw new SkeinError('SKEIN_INVALID', text);
    }
    if (this.own.size >= queryLimits.queryNamesMax)
      throw new SkeinError('SKEIN_BUSY', `this node answers ${queryLimits.queryNamesMax} queries already`);
    const { concurrency = queryLimits.queryConcurrency, swarm: isForSwarm = false, signal } = options;
    const own = { handler, concurrency, isForSwarm, atWork: 0 };
    this.own.set(name, own);
    const close = (): void => {
      if (this.own.get(name) === own) this.own.delete(name);
    };
    return subscription(Promise.resolve(), close, signal);
  }

  /** A request to the hidden service: its input is of the caller's making. */
  atNode(call: Call): Promise<Sealed> {
    const { name } = (call.input ?? {}) as { readonly name?: unknown };
    const { from, timeoutMs } = call;
    if (typeof name !== 'string') throw new SkeinError('SKEIN_INVALID', 'a query has a name');
    const input = inputOf(call.input);
    return this.give({
      ...{ name, input, from, timeoutMs, isToSwarm: false },
      get signal() {
        return call.signal;
      },
    });
  }

  /** @throws SkeinError; AnswerError for what a program's handler throws. */
  async give(query: Query): Promise<Sealed> {
    const value = this.builtIn.has(query.name)
      ? await this.builtIn.answer(query, this.names(query.isToSwarm))
      : await this.ownAnswer(query);
    return sealed(value, queryLimits.queryAnswerBytesMax, 'an answer');
  }

  private async ownAnswer(query: Query): Promise<unknown> {
    const own = this.own.get(query.name);
    if (own === undefined || (query.isToSwarm && !own.isForSwarm)) throw this.unknown(query);
    const { concurrency, handler } = own;
    if (own.atWork >= concurrency)
      throw new SkeinError('SKEIN_BUSY', `${concurrency} answers are at work already`);
    own.atWork++;
    try {
      return await handler(query);
    } catch (problem) {
      throw new AnswerError(problem);
    } finally {
      own.atWork--;
    }
  }

  private names(isSwarm: boolean): string[] {
    const own = [...this.own].filter(([, { isForSwarm }]) => !isSwarm || isForSwarm).map(([name]) => name);
    return [...this.builtIn.names, ...own].sort();
  }

  private unknown({ isToSwarm }: Query): SkeinError {
    const names = this.names(isToSwarm).slice(0, queryLimits.queryNamesShownMax);
    const who = isToSwarm ? `the swarm (its broker is ${this.nodeName()})` : this.nodeName();
    const text = `it is unknown: ${who} answers ${names.join(', ')}`;
    return new SkeinError('SKEIN_UNKNOWN_QUERY', text);
  }
}

export function inputOf(given: unknown): unknown {
  try {
    return unsealed(given, queryLimits.queryInputBytesMax);
  } catch (problem) {
    throw new SkeinError('SKEIN_INVALID', `the input is malformed: ${(problem as Error).message}`);
  }
}
