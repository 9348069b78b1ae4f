/** Letters of a node in another process, over its operations. */
import { attachedHandler } from '../../../kit/attached-handler.ts';
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
      return attachedHandler({
        open: (lost) => session.stream('handleLetters', input, { signal, lost }),
        handle: (handed) => settled(handler as (letter: Letter) => unknown, handed),
        settle: (settlement, failed) => session.tell('settleLetter', settlement, failed),
        unsettled: ({ message }) => session.warn('handler', `what became of a letter was lost: ${message}`),
      });
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

async function settled(
  handler: (letter: Letter) => unknown,
  { ticket: _ticket, timestamp, ...letter }: HandedLetter,
): Promise<object> {
  await handler({ ...letter, timestamp: new Date(timestamp) });
  return {};
}
