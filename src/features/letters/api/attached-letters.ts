/**
 * Letters of a node in another process, over its operations.
 *
 * Part of an attached node. Invariant: each letter that is given here is settled once, or why it was not becomes a
 * warning.
 */
import type { InputOf } from '../../../kit/operation.ts';
import type { Session } from '../../../kit/session.ts';
import type {
  HandleOptions,
  Letter,
  LetterOptions,
  LettersApi,
  LettersNodeApi,
  ManyLetter,
  SentLetterResult,
} from '../api.ts';
import type { HandedLetter, operations } from '../remote.ts';
import { attachedConversing } from './attached-conversing.ts';
import {
  checkFilter,
  checkHandler,
  checkId,
  checkLetterOptions,
  checkMany,
  checkRecipients,
} from './check-options.ts';

type LettersSession = Session<typeof operations>;

export function attachedLetters(session: LettersSession): LettersNodeApi {
  const letters: LettersApi = {
    async send(to, body, options = {}) {
      checkLetterOptions(options);
      const input = { to: checkRecipients(to), body, ...wireOptions(options) };
      await session.ready();
      return session.call('sendLetter', input, { signal: options.signal });
    },
    async broadcast(body, options = {}) {
      checkLetterOptions(options);
      await session.ready();
      const input = { all: true, body, ...wireOptions(options) };
      return session.call('sendLetter', input, { signal: options.signal });
    },
    async sendMany(many, { signal, ...options } = {}) {
      checkMany(many);
      await session.ready();
      const input = { letters: many.map(wireLetter), ...options };
      return (await session.call('sendLetters', input, { signal })).results as SentLetterResult[];
    },
    handle<Body>(handler: (letter: Letter<Body>) => unknown, options: HandleOptions = {}) {
      checkHandler(handler, options);
      const { signal, types, ...rest } = options;
      const input = { ...rest, ...(types === undefined ? {} : { types: [...types] }) };
      const stream = session.stream('handleLetters', input, { signal });
      void handleAll(session, handler as (letter: Letter) => unknown, stream).catch(() => {
        // What ended it is reported by `opened`, or by the `close` event.
      });
      return stream;
    },
    ...attachedConversing(session, (handler, options) => letters.handle(handler, options)),
    async status(id) {
      checkId(id);
      await session.ready();
      return (await session.call('letterStatus', { id })).letter ?? undefined;
    },
    watch(id, { signal } = {}) {
      checkId(id);
      return session.stream('watchLetter', { id }, { signal });
    },
    async list(filter = {}) {
      checkFilter(filter);
      await session.ready();
      return (await session.call('letters', filter)).letters;
    },
    async outbox() {
      await session.ready();
      return (await session.call('outbox', {})).letters;
    },
    async body(id) {
      checkId(id);
      await session.ready();
      const found = await session.call('letterBody', { id });
      return 'body' in found ? { body: found.body } : undefined;
    },
    async retry(id) {
      checkId(id);
      await session.ready();
      return (await session.call('retryLetter', { id })).recipients;
    },
    async remove(id) {
      checkId(id);
      await session.ready();
      return (await session.call('removeLetter', { id })).recipients;
    },
  };
  return { letters };
}

function wireOptions({ signal: _signal, notBefore, ...rest }: LetterOptions) {
  return { ...rest, ...(notBefore === undefined ? {} : { notBefore: notBefore.getTime() }) };
}

function wireLetter({ to, ...rest }: ManyLetter) {
  const { body, ...options } = rest;
  return { to: checkRecipients(to), body, ...wireOptions(options) };
}

async function handleAll(
  session: LettersSession,
  handler: (letter: Letter) => unknown,
  stream: AsyncIterable<HandedLetter>,
): Promise<void> {
  const lost = (problem: Error): void =>
    session.warn('handler', `what became of a letter was lost: ${problem.message}`);
  for await (const handed of stream)
    void settled(handler, handed).then((input) => session.tell('settleLetter', input, lost));
}

async function settled(
  handler: (letter: Letter) => unknown,
  { ticket, timestamp, ...letter }: HandedLetter,
): Promise<InputOf<(typeof operations)['settleLetter']>> {
  try {
    await handler({ ...letter, timestamp: new Date(timestamp) });
    return { ticket };
  } catch (problem) {
    const { code, message } = (problem ?? {}) as { code?: unknown; message?: unknown };
    const text = typeof message === 'string' ? message : String(problem);
    return { ticket, failure: typeof code === 'string' ? { code, message: text } : { message: text } };
  }
}
