/**
 * Questions about letters, answered by the broker from its store: what became of them, which wait, again, away with it.
 *
 * Made by the letters behavior. Invariant: a retry or a removal can be asked for again without another effect.
 */
import type { StoreCompletion } from '../../../kernel/contracts.ts';
import { failure } from '../../../kernel/errors.ts';
import type { Answer, SwarmCore } from '../../swarm/core/shared.ts';
import {
  type AskStore,
  type LetterStatus,
  type LettersShape,
  type ListRequest,
  letterIdPattern,
  type RecipientState,
  recipientStates,
  type Undelivered,
} from './letters-types.ts';
import { letterLimits } from './limits.ts';
import { letterTopic } from './topics.ts';

type StoreVerbs = LettersShape['store'];

export interface InquiriesPorts {
  readonly swarm: SwarmCore;
  wallNow(): number;
  /** The broker: this node. */
  readonly name: string;
  readonly ask: AskStore;
  /** The authors of these hear of it. */
  report(letters: readonly Undelivered[]): void;
  /** These recipients have a letter whose time has come. */
  isDue(recipients: readonly string[], time: number): void;
}

export function answerInquiries(ports: InquiriesPorts): void {
  const { swarm } = ports;
  const answer = <Value>(reply: Answer, map: (value: Value) => unknown) => {
    return (completion: StoreCompletion<StoreVerbs>): void => {
      if (completion.ok) return reply.answer(JSON.stringify(map(completion.value as Value)));
      swarm.operationFailed(completion.failure);
      reply.fail(completion.failure);
    };
  };
  /** A letter waits by the time of the store; people read the clock. */
  const byClock = (status: LetterStatus): LetterStatus => {
    const aheadMs = Math.floor(ports.wallNow()) - swarm.time;
    const recipients = status.recipients.map(({ due, ...rest }) =>
      due === undefined ? rest : { ...rest, due: due + aheadMs },
    );
    return { ...status, recipients };
  };
  const withId = (verb: string, act: (id: string, reply: Answer, trace: readonly string[]) => void): void =>
    swarm.answerBy(verb, (from, input, reply) => {
      const { id } = (input ?? {}) as { readonly id?: unknown };
      if (typeof id === 'string' && letterIdPattern.test(id)) return act(id, reply, [from.name, ports.name]);
      reply.fail(
        failure('SKEIN_INVALID', `a letter's id is 32 hexadecimal digits, got "${String(id).slice(0, 80)}"`),
      );
    });

  swarm.answerBy('letters.ended', (_from, input, reply) => {
    const { ids } = (input ?? {}) as { readonly ids?: unknown };
    const isList = Array.isArray(ids) && ids.length <= letterLimits.letterCopiesPerAsk;
    if (!isList || !ids.every((id) => typeof id === 'string' && letterIdPattern.test(id)))
      return reply.fail(failure('SKEIN_INVALID', 'letters.ended: ids is a list of ids of letters'));
    ports.ask(
      'ended',
      ids,
      answer(reply, (ended) => ended),
    );
  });
  withId('letters.status', (id, reply) =>
    ports.ask(
      'status',
      id,
      answer<LetterStatus | null>(reply, (status) => (status === null ? null : byClock(status))),
    ),
  );
  withId('letters.body', (id, reply) =>
    ports.ask(
      'body',
      id,
      answer<{ encoding: number; body: Uint8Array } | null>(reply, (found) =>
        found === null ? null : { encoding: found.encoding, body: base64(found.body) },
      ),
    ),
  );
  withId('letters.retry', (id, reply, trace) => {
    const now = Math.floor(ports.wallNow());
    const { time } = swarm;
    ports.ask(
      'retry',
      { id, now, time, expiresAt: time + letterLimits.letterExpiresMs, trace },
      answer<readonly string[]>(reply, (recipients) => {
        ports.isDue(recipients, time);
        swarm.touched(letterTopic(id));
        return { recipients };
      }),
    );
  });
  withId('letters.remove', (id, reply, trace) =>
    ports.ask(
      'remove',
      { id, now: Math.floor(ports.wallNow()), trace },
      answer<ReturnType<StoreVerbs['remove']>>(reply, ({ recipients, undelivered }) => {
        ports.report(undelivered);
        swarm.touched(letterTopic(id));
        return { recipients };
      }),
    ),
  );
  swarm.answerBy('letters.list', (_from, input, reply) =>
    ports.ask(
      'list',
      listRequest(input),
      answer<readonly LetterStatus[]>(reply, (letters) => letters.map(byClock)),
    ),
  );
}

/** What does not fit is left out: the questioner's own node has checked it. */
function listRequest(input: unknown): ListRequest {
  const { from, to, state, after } = (input ?? {}) as Record<string, unknown>;
  return {
    after: Number.isSafeInteger(after) ? (after as number) : 0,
    limit: letterLimits.lettersPerPage,
    ...(typeof from === 'string' ? { from } : {}),
    ...(typeof to === 'string' ? { to } : {}),
    ...(recipientStates.includes(state as RecipientState) ? { state: state as RecipientState } : {}),
  };
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648; core has no platform to ask. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = bytes.subarray(i, i + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += (digits[bits >> 18] as string) + (digits[(bits >> 12) & 63] as string);
    text += b === undefined ? '=' : (digits[(bits >> 6) & 63] as string);
    text += c === undefined ? '=' : (digits[bits & 63] as string);
  }
  return text;
}
