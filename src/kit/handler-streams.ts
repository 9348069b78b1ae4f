/**
 * What a program in another process is handed to handle: the node's side of operations such as `serve` and `reply`.
 *
 * Two operations of a feature share one of these: a stream gives what there is to handle, each with a ticket, and a call
 * says by the ticket what became of it. Invariant: a ticket is good once, and only in the session that it was given in;
 * what is not settled when the stream ends has failed, and the stream ends with its node.
 */
import * as v from 'valibot';
import { SkeinError } from '../kernel/errors.ts';
import { wholeNumber } from './fields.ts';
import type { Asking } from './operation.ts';
import { errorOf, type PassedError } from './passed-error.ts';
import { PushStream } from './stream.ts';
import type { MessageSubscription } from './streams.ts';
import { TicketsByCaller } from './tickets.ts';
import { type Settlers, withResolvers } from './with-resolvers.ts';

/** Nobody waits any more for what has this ticket. */
export interface Left {
  readonly type: 'left';
  readonly ticket: number;
}

interface Settlement {
  readonly ticket: number;
  /** Why it was not handled. */
  readonly failure?: PassedError;
}

export const leftSchema = v.strictObject({ type: v.literal('left'), ticket: v.number() });

/** Of the input of the call that settles. */
export const settlementFields = {
  ticket: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  failure: v.exactOptional(v.strictObject({ code: v.exactOptional(v.string()), message: v.string() })),
};

/** How a feature's handler passes on what it is given. */
export interface HandlerStream<Item, Answer> {
  /** Gives it to the other process. Settles with what that says of it. */
  hand(itemOf: (ticket: number) => Item): Promise<Answer>;
  /** Says something that is not settled, as that nobody waits any more for what has a ticket. */
  push(item: Item): void;
}

export class HandlerStreams<Answer = void> {
  private readonly tickets = new TicketsByCaller<Settlers<Answer>>();
  private readonly gone: () => Error;

  /** @param gone How fails what the other process had not settled when its stream ended. */
  constructor(gone: () => Error) {
    this.gone = gone;
  }

  /** `run` of the stream. @param handle Registers a handler at the node, which hands on what it is given. */
  async open<Item>(
    { signal, caller, nodeEnded }: Asking,
    handle: (stream: HandlerStream<Item, Answer>) => MessageSubscription,
  ): Promise<AsyncIterable<Item>> {
    const held = this.tickets.of(caller);
    const given = new Set<number>();
    const subscription = handle({
      async hand(itemOf) {
        const { promise, ...settlers } = withResolvers<Answer>();
        const ticket = held.issue(settlers);
        given.add(ticket);
        try {
          items.push(itemOf(ticket));
          return await promise;
        } finally {
          given.delete(ticket);
          held.drop(ticket);
        }
      },
      push: (item) => items.push(item),
    });
    const closed = (): void => {
      void subscription.close();
      for (const ticket of [...given]) held.drop(ticket)?.reject(this.gone());
    };
    const items = new PushStream<Item>({ closed }, subscription.opened, signal);
    await items.opened;
    if (nodeEnded.aborted) items.end();
    else nodeEnded.addEventListener('abort', () => items.end(), { once: true, signal });
    return items;
  }

  /** `run` of the call that settles what was handed, with a value or with a failure. @throws SkeinError SKEIN_INVALID */
  settle({ caller }: Asking, { ticket, failure }: Settlement, answer: Answer): object {
    const { resolve, reject } = this.tickets.of(caller).take(ticket);
    if (failure === undefined) resolve(answer);
    else reject(errorOf(failure));
    return {};
  }
}

/** A value that another process has written, where there is to be one: in this field, or a failure. */
export function answerIn<Field extends string>(
  { bodies }: Asking,
  input: Settlement & { readonly [Name in Field]?: unknown },
  field: Field,
  text: string,
): unknown {
  if (field in input === (input.failure !== undefined))
    throw new SkeinError('SKEIN_INVALID', `${text}, and only one of them`);
  return input.failure === undefined ? bodies.fromWire(input[field]) : undefined;
}
