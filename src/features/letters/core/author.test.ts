/** Letters of an author that a full store refuses, and that its outbox keeps: in which order they are sent again. */
import { beforeEach, describe, expect, test } from 'vitest';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { Author, type AuthorPorts } from './author.ts';
import type { Draft, LettersEvent, OutboxLetter, Stored } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import { decodeLetterMessage } from './wire.ts';

const { letterOutboxAfterMs, letterOutboxAgainMs, lettersPerPutMax } = letterLimits;
const full: Failure = failure('SKEIN_STORE_FULL', 'no room');

let now: number;
/** Bodies of each message to the broker. */
let sent: { number: number; isAgain: boolean; bodies: number[] }[];
let answered: unknown[];
let author: Author;
/** Why the outbox cannot be read, and why it cannot be written. */
let unreadable: Failure | undefined;
let unwritable: Failure | undefined;
/** Ends what is being written, where the outbox takes its time. */
let writing: (() => void)[] | undefined;
/** Ids, each with the store that has it as well. */
let copied: string[];
/** What an earlier run has left in the outbox. */
let lying: OutboxLetter[];
/** What was reported as undelivered: id and state. */
let undelivered: string[];
/** Ids that were taken out of the outbox. */
let dropped: string[];

beforeEach(() => {
  now = 1000;
  unreadable = undefined;
  unwritable = undefined;
  writing = undefined;
  copied = [];
  lying = [];
  undelivered = [];
  dropped = [];
  sent = [];
  answered = [];
  author = new Author(ports());
  author.started();
});

function ports(): AuthorPorts {
  let lastByte = 0;
  const agent = {
    get now() {
      return now;
    },
    get wallNow() {
      return now;
    },
    uptime: () => undefined,
    self: { name: 'a' },
    directory: new Map(),
    random: { bytes: (count: number) => new Uint8Array(count).fill(++lastByte) },
    flushLater: () => undefined,
    log: () => undefined,
  };
  const ended = (then: ((isDone: boolean) => void) | undefined): void => {
    if (writing === undefined) then?.(unwritable === undefined);
    else writing.push(() => then?.(unwritable === undefined));
  };
  const outbox = {
    load: (
      _notIn: undefined,
      read: (letters: readonly OutboxLetter[]) => void,
      failed: (why: Failure) => void,
    ) => {
      if (unreadable !== undefined) return failed(unreadable);
      if (lying.length > 0) read(lying.splice(0));
      read([]);
    },
    keep: (_letters: unknown, then: (problem: Failure | undefined) => void) => {
      if (writing === undefined) then(unwritable);
      else writing.push(() => then(unwritable));
    },
    stored: (ids: readonly string[], store: string, then?: (isDone: boolean) => void) => {
      copied.push(...ids.map((id) => `${id} ${store}`));
      ended(then);
    },
    drop: (ids: readonly string[], then?: (isDone: boolean) => void) => {
      dropped.push(...ids);
      ended(then);
    },
  };
  return {
    ...({ agent, outbox } as unknown as Pick<AuthorPorts, 'agent' | 'outbox'>),
    ...{ home: () => 'store', problem: () => undefined, want: () => undefined, askEnded: () => undefined },
    send: (bytes) => {
      const message = decodeLetterMessage(bytes);
      if (message?.type !== 'put') throw new Error('the broker cannot read this');
      const bodies = message.letters.map(({ body }) =>
        new DataView(body.buffer, body.byteOffset).getUint16(0),
      );
      sent.push({ number: message.number, isAgain: message.isAgain, bodies });
      return true;
    },
    deliver: (event: LettersEvent) => {
      if (event.type === 'undelivered')
        undelivered.push(...event.letters.map(({ id, state }) => `${id} ${state}`));
      if (event.type !== 'stored') return;
      for (const { handle, stored } of event.outcomes)
        answered.push([handle, stored.ok && stored.isInOutbox]);
    },
  };
}

function put(body: number, copies = 1): void {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, body);
  const draft: Draft = {
    ...{ recipients: ['b'], type: 'letter', encoding: 0, body: bytes, notBefore: 0, expiresMs: 1e9, key: '' },
    ...{ digest: '', allowsUnknown: true, copies },
  };
  expect(author.put([draft], [body])).toBe(undefined);
  author.flush();
}

/** The broker answers the message that was sent as the n-th. */
function answer(index: number, outcome: Stored): void {
  const { number, bodies } = sent[index] as (typeof sent)[number];
  author.stored(
    number,
    bodies.map(() => outcome),
  );
  author.flush();
}

function pass(milliseconds: number): void {
  now += milliseconds;
  author.deadline(now);
  author.flush();
}

const bodiesSince = (index: number): number[][] => sent.slice(index).map(({ bodies }) => bodies);

test('an answer to what was sent again meanwhile is none, and is not taken for heard', () => {
  put(1);
  author.brokerChanged();
  author.flush();
  const [first, again] = sent as [(typeof sent)[number], (typeof sent)[number]];
  expect(author.stored(first.number, [{ ok: false, failure: full }])).toBe(false);
  expect(answered).toEqual([]);
  expect(author.stored(again.number, [{ ok: true, id: 'x', n: 1, isRepeat: false }])).toBe(true);
  expect(answered).toEqual([[1, undefined]]);
  // Nobody was asked that.
  expect(author.stored(again.number + 1, [])).toBe(true);
});

test('that a letter is refused is said once it is out of the outbox, however often the disk fails', () => {
  put(1, 2);
  const refusal: Stored = { ok: false, failure: failure('SKEIN_UNKNOWN_NODE', 'as drawn') };
  unwritable = failure('SKEIN_LOST', 'as drawn');
  writing = [];
  answer(0, refusal);
  expect([answered, dropped.length, [...author.handles()]]).toEqual([[], 1, [1]]);
  for (const end of writing.splice(0)) end();
  expect(answered).toEqual([]);
  unwritable = undefined;
  pass(letterOutboxAgainMs);
  expect([answered, dropped.length]).toEqual([[], 2]);
  for (const end of writing.splice(0)) end();
  expect([answered, [...author.handles()]]).toEqual([[[1, false]], []]);
});

test('of a letter that was reported as kept its end is noted before it is reported, and reported before it is taken out', () => {
  put(1);
  pass(letterOutboxAfterMs);
  expect(answered).toEqual([[1, true]]);
  writing = [];
  answer(0, { ok: false, failure: failure('SKEIN_UNKNOWN_NODE', 'as drawn') });
  expect([copied, undelivered, dropped]).toEqual([[expect.stringMatching(/ refused$/)], [], []]);
  for (const end of writing.splice(0)) end();
  expect(undelivered).toEqual(copied);
  expect(dropped).toEqual([copied[0]?.split(' ')[0]]);
});

test('an end that an earlier run has noted is reported by the next one, which sends nothing of it', () => {
  const letter: OutboxLetter = {
    ...{ id: 'earlier', recipients: ['b'], type: 'letter', encoding: 0, body: new Uint8Array(2), sentAt: 1 },
    ...{ delayMs: 0, expiresMs: 1e9, key: '', digest: '', allowsUnknown: true, place: 1, copies: 1 },
    storedIn: 'expired',
  };
  lying = [letter];
  author = new Author(ports());
  author.started();
  author.flush();
  expect([undelivered, dropped, sent]).toEqual([['earlier expired'], ['earlier'], []]);
});

describe('with two copies', () => {
  const stored: Stored = { ok: true, id: 'x', n: 1, isRepeat: false };

  test('a program is answered once both have the letter', () => {
    writing = [];
    put(1, 2);
    answer(0, stored);
    expect([answered, [...author.handles()]]).toEqual([[], [1]]);
    for (const end of writing) end();
    expect(answered).toEqual([[1, true]]);
    expect(copied).toEqual([expect.stringMatching(/^[0-9a-f]{32} store$/)]);
    expect([...author.handles()]).toEqual([]);
  });

  test('it is answered that the swarm alone has it where the own disk fails, before or afterwards', () => {
    unwritable = failure('SKEIN_STORE_FULL', 'as drawn');
    put(1, 2);
    answer(0, stored);
    writing = [];
    pass(letterLimits.letterOutboxAgainMs);
    put(2, 2);
    answer(1, stored);
    for (const end of writing) end();
    expect(answered).toEqual([
      [1, false],
      [2, false],
    ]);
    // No program waits for these copies any more.
    unwritable = undefined;
    writing = undefined;
    pass(letterLimits.letterOutboxAgainMs);
    expect([copied, dropped]).toEqual([[], []]);
  });

  test('what may be there after a failure is looked for later like what is', () => {
    unwritable = failure('SKEIN_LOST', 'as drawn');
    put(1, 2);
    answer(0, stored);
    expect([answered, copied.length]).toEqual([[[1, false]], 1]);
  });
});

test('what a full store has refused is sent to the next broker before what was under way behind it', () => {
  for (const body of [1, 2, 3]) put(body);
  pass(letterOutboxAfterMs);
  expect(answered).toEqual([1, 2, 3].map((body) => [body, true]));
  answer(0, { ok: false, failure: full });
  author.brokerChanged();
  author.flush();
  expect(bodiesSince(3)).toEqual([[1, 2, 3]]);
  // Some of it may be stored there.
  expect(sent[3]?.isAgain).toBe(true);
});

test('what a full store has refused later is not tried again before what it has refused first', () => {
  for (const body of [1, 2, 3]) put(body);
  pass(letterOutboxAfterMs);
  answer(0, { ok: false, failure: full });
  pass(letterOutboxAgainMs);
  expect(bodiesSince(3)).toEqual([]);
  answer(1, { ok: false, failure: full });
  answer(2, { ok: false, failure: full });
  pass(letterOutboxAgainMs);
  expect(bodiesSince(3)).toEqual([[1, 2, 3]]);
});

test('however many were refused, no message to the broker has more than it reads', () => {
  const count = lettersPerPutMax + 100;
  for (let body = 1; body <= count; body++) put(body);
  pass(letterOutboxAfterMs);
  expect(answered).toHaveLength(count);
  for (let i = 0; i < sent.length; i++)
    answer(i, { ok: false, failure: failure('SKEIN_MAILBOX_FULL', 'no room for b') });
  const before = sent.length;
  pass(letterOutboxAgainMs);
  for (let i = before; i < sent.length; i++) answer(i, { ok: true, id: 'x', n: 1, isRepeat: false });
  const again = bodiesSince(before);
  expect(again.flat()).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  expect(Math.max(...again.map(({ length }) => length))).toBeLessThanOrEqual(lettersPerPutMax);
  expect(author.unstoredCount).toBe(0);
});

test('what was under way when the broker changed is sent again at once, each message as it was', () => {
  for (const body of [1, 2]) put(body);
  author.brokerChanged();
  expect(bodiesSince(2)).toEqual([[1], [2]]);
  expect(sent.map(({ isAgain }) => isAgain)).toEqual([false, false, true, true]);
});

test.each(['SKEIN_LOST', 'SKEIN_STORE_CLAIMED', 'SKEIN_STORE_FULL'] as const)(
  'what is in the outbox is sent again where the store has answered %s, and not given up',
  (code) => {
    put(1);
    pass(letterOutboxAfterMs);
    answer(0, { ok: false, failure: failure(code, 'not now') });
    expect(author.unstoredCount).toBe(1);
    pass(letterOutboxAgainMs);
    expect(bodiesSince(1)).toEqual([[1]]);
  },
);

test('an outbox that cannot be read once is read again before anything is sent, and left alone only after several times', () => {
  unreadable = failure('SKEIN_LOST', 'the disk');
  author = new Author(ports());
  author.started();
  put(1);
  expect(sent).toEqual([]);
  expect(author.nextDeadline()).toBe(now + letterOutboxAgainMs);
  unreadable = undefined;
  pass(letterOutboxAgainMs);
  expect(bodiesSince(0)).toEqual([[1]]);
  unreadable = failure('SKEIN_LOST', 'the disk');
  author = new Author(ports());
  author.started();
  put(2);
  for (let i = 1; i < letterLimits.outboxLoadsMax; i++) pass(letterOutboxAgainMs);
  expect(bodiesSince(1)).toEqual([[2]]);
});

test.each([
  ['SKEIN_LOST', 1],
  ['SKEIN_STORE_FULL', 0],
] as const)(
  'a letter that is refused is taken out of the outbox, also where %s leaves open whether it is there',
  (code, count) => {
    unwritable = failure(code, 'the disk');
    put(1);
    pass(letterOutboxAfterMs);
    // It stays perhaps there, though the next attempt says for certain that it has written nothing.
    unwritable = full;
    pass(letterOutboxAgainMs);
    unwritable = undefined;
    answer(0, { ok: false, failure: full });
    expect(answered).toHaveLength(1);
    expect(dropped).toHaveLength(count);
  },
);
