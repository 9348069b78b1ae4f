/** Letters of ends at the broker: what is put, what is noted, and what is put again. */
import { beforeEach, expect, test } from 'vitest';
import { type Failure, failure } from '../../../../kernel/errors.ts';
import { decodeBody, encodeBody } from '../../../../kit/codec.ts';
import type { Parcel, SwarmCore } from '../../../swarm/core/shared.ts';
import { taskLimits } from '../limits.ts';
import type { Encoded, OwedLetter, OwedPlace } from '../tasks-types.ts';
import { endLetterBody } from './end-letter-body.ts';
import { EndLetters } from './end-letters.ts';

const { taskLetterAgainMs, taskLettersUnderWayMax, taskLettersQueuedMax, taskLetterResultBytes } = taskLimits;

/** A store that owes some letters, and mailboxes; each answers when the test says so. */
class Rig {
  now = 1000;
  readonly owed = new Map<string, OwedLetter>();
  /** By id. */
  readonly mailbox = new Map<string, Parcel>();
  readonly warnings: string[] = [];
  readonly operations: string[] = [];
  puts = 0;
  results: readonly Encoded[] | null = [encoded('x')];
  problem: Failure | undefined;
  problemOf: Failure | undefined;
  /** Of authors whose mailboxes are full. */
  readonly full = new Set<string>();
  private waiting: (() => void)[] = [];
  private readonly swarm = {
    deposit: (parcel: Parcel, then: (problem: Failure | undefined) => void) => {
      this.puts++;
      this.waiting.push(() => then(this.put(parcel)));
    },
    operationFailed: ({ code }: Failure) => this.operations.push(`failed ${code}`),
  } as unknown as SwarmCore;
  readonly letters: EndLetters;

  constructor(hasLetters = true) {
    this.letters = new EndLetters({
      desk: {
        swarm: hasLetters ? this.swarm : ({ ...this.swarm, deposit: undefined } as SwarmCore),
        now: () => this.now,
        ask: (verb, input, then) => {
          this.operations.push(verb);
          this.waiting.push(() => {
            const problem = this.problemOf;
            if (problem !== undefined) then({ token: 0, verb, ok: false, failure: problem } as never);
            else then({ token: 0, verb, ok: true, value: this.answer(verb, input) } as never);
          });
        },
      },
      warn: (text) => this.warnings.push(text),
    });
  }

  ends(n: number, more: Partial<OwedLetter> = {}): OwedLetter {
    const id = n.toString(16).padStart(32, '0');
    const letter: OwedLetter = {
      ...{ n, id, author: 'a', service: 'render', state: 'done', reason: '', endedAt: n, resultBytes: 2 },
      ...more,
    };
    this.owed.set(id, letter);
    return letter;
  }

  /** All that was asked for is answered, and what follows from it. */
  settle(): void {
    while (this.step());
  }

  step(): boolean {
    const next = this.waiting.shift();
    next?.();
    return next !== undefined;
  }

  /** What was not answered is not done. */
  crash(): void {
    this.waiting = [];
    this.letters.clear();
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  private put(parcel: Parcel): Failure | undefined {
    if (this.problem !== undefined) return this.problem;
    if (this.full.has(parcel.owner)) return failure('SKEIN_MAILBOX_FULL', 'is full');
    if (!this.mailbox.has(parcel.id)) this.mailbox.set(parcel.id, parcel);
    return undefined;
  }

  private answer(verb: string, input: unknown): unknown {
    if (verb === 'results') return this.results;
    if (verb === 'letterSent') return void this.owed.delete(input as string);
    const { after, limit } = input as { after: OwedPlace; limit: number };
    const isAfter = ({ endedAt, n }: OwedLetter): boolean =>
      endedAt > after.endedAt || (endedAt === after.endedAt && n > after.n);
    return [...this.owed.values()]
      .filter(isAfter)
      .sort((a, b) => a.endedAt - b.endedAt || a.n - b.n)
      .slice(0, limit);
  }
}

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

function encoded(body: unknown): Encoded {
  const { encoding, bytes } = encodeBody(body);
  return { encoding, body: bytes };
}

function bodyOf({ encoding, body }: Encoded): unknown {
  return decodeBody(encoding, body);
}

test('what is owed as the broker begins is put into mailboxes and noted, all pages of it', () => {
  const count = 2 * taskLimits.tasksPerReadMax + 3;
  for (let n = 1; n <= count; n++) rig.ends(n);
  rig.letters.begin();
  expect(rig.waitingCount).toBe(1);
  rig.step();
  expect(rig.waitingCount).toBe(taskLettersUnderWayMax);
  rig.settle();
  expect([rig.owed.size, rig.mailbox.size, rig.puts]).toEqual([0, count, count]);
  expect(rig.letters.counts).toEqual({ letters: count });
  expect(rig.letters.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test('an end goes from its author to itself, with its state and its result or its error', () => {
  rig.letters.begin();
  rig.settle();
  const done = rig.ends(1);
  const failed = rig.ends(2, { state: 'failed', reason: 'broken', author: 'b' });
  const expired = rig.ends(3, { state: 'expired' });
  const large = rig.ends(4, { resultBytes: taskLetterResultBytes + 1 });
  rig.letters.owed([done, failed, expired, large]);
  rig.settle();
  const [first, second, third, fourth] = [...rig.mailbox.values()].sort((a, b) => a.sentAt - b.sentAt);
  expect(first).toMatchObject({ id: done.id, owner: 'a', type: 'task.ended', sentAt: 1 });
  expect(bodyOf(first as Parcel)).toEqual({ task: done.id, service: 'render', state: 'done', result: 'x' });
  expect(second).toMatchObject({ id: failed.id, owner: 'b' });
  expect(bodyOf(second as Parcel)).toMatchObject({ state: 'failed', error: 'broken' });
  expect(bodyOf(third as Parcel)).toMatchObject({ state: 'expired', error: 'expired' });
  expect(bodyOf(fourth as Parcel)).toEqual({
    ...{ task: large.id, service: 'render', state: 'done' },
    error: expect.stringMatching(/^the result has 1048577 bytes, and 1048576 at most go into a letter/),
  });
  expect(rig.owed.size).toBe(0);
});

test('a broker that ends between the letter and its note leaves it owed; the next one puts the same letter', () => {
  const letter = rig.ends(1);
  rig.letters.owed([letter]);
  for (let i = 0; i < 2; i++) rig.step();
  expect([rig.mailbox.size, rig.owed.size]).toEqual([1, 1]);
  const [before] = rig.mailbox.values();
  rig.crash();
  rig.letters.begin();
  rig.settle();
  expect([rig.mailbox.size, rig.owed.size, rig.puts]).toEqual([1, 0, 2]);
  expect(rig.mailbox.get(letter.id)).toBe(before);
});

test('an answer to an earlier turn as the broker changes nothing', () => {
  rig.problem = failure('SKEIN_STORE', 'x');
  rig.letters.owed([rig.ends(1, { state: 'failed' })]);
  rig.letters.clear();
  rig.settle();
  expect(rig.letters.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test('a full mailbox delays its own letters alone, and they are tried again', () => {
  rig.full.add('a');
  const count = taskLimits.tasksPerReadMax + 40;
  for (let n = 1; n <= count; n++) rig.ends(n, { state: 'failed' });
  rig.ends(count + 1, { author: 'b', state: 'failed' });
  rig.letters.begin();
  rig.settle();
  expect([...rig.mailbox.values()].map(({ owner }) => owner)).toEqual(['b']);
  // Of the pages after the first one nothing more is put for it.
  expect(rig.puts).toBe(taskLimits.tasksPerReadMax + 1);
  expect(rig.letters.nextDeadline()).toBe(rig.now + taskLetterAgainMs);
  rig.full.clear();
  rig.now += taskLetterAgainMs;
  rig.letters.deadline(rig.now);
  rig.settle();
  expect([rig.owed.size, rig.mailbox.size]).toEqual([0, count + 1]);
});

test.each(['owedLetters', 'results', 'letterSent'])('where %s fails it is tried again later', (verb) => {
  rig.ends(1);
  rig.letters.begin();
  while (rig.operations.at(-1) !== verb) rig.step();
  rig.problemOf = failure('SKEIN_STORE', 'x');
  rig.step();
  rig.problemOf = undefined;
  rig.settle();
  expect(rig.operations).toContain('failed SKEIN_STORE');
  expect(rig.owed.size).toBe(1);
  rig.letters.deadline(rig.now + taskLetterAgainMs - 1);
  expect(rig.waitingCount).toBe(0);
  rig.letters.deadline(rig.now + taskLetterAgainMs);
  rig.settle();
  expect([rig.owed.size, rig.mailbox.size]).toEqual([0, 1]);
});

test('where its id is that of another letter it is named in the log, and not tried again', () => {
  rig.problem = failure('SKEIN_INVALID', 'its id is that of another letter');
  rig.letters.owed([rig.ends(1)]);
  rig.settle();
  expect(rig.warnings).toEqual([expect.stringMatching(/^the end of task 0+1 does not go to a as a letter/)]);
  expect([rig.owed.size, rig.letters.nextDeadline()]).toEqual([0, Number.POSITIVE_INFINITY]);
});

test('a task that was removed meanwhile has no letter', () => {
  rig.results = null;
  rig.letters.owed([rig.ends(1)]);
  rig.settle();
  expect([rig.puts, rig.operations]).toEqual([0, ['results']]);
});

test('what does not fit into memory is read from the store', () => {
  const count = taskLettersQueuedMax + 2 * taskLettersUnderWayMax;
  const all = Array.from({ length: count }, (_, i) => rig.ends(i + 1, { state: 'failed' }));
  rig.letters.owed(all);
  rig.settle();
  expect([rig.owed.size, rig.mailbox.size]).toEqual([0, count]);
  expect(rig.operations).toContain('owedLetters');
});

test('a broker without letters leaves what is owed to the next one', () => {
  rig = new Rig(false);
  rig.letters.begin();
  rig.letters.owed([rig.ends(1)]);
  rig.settle();
  expect([rig.operations, rig.owed.size]).toEqual([[], 1]);
});

test('a body is one that programs read: of every kind of result, and of the lists of parts', () => {
  const owed = rig.ends(1);
  const values = [undefined, null, 7, 'text', { a: [1, new Date(5)] }, new Map([[1, 2]]), 'y'.repeat(70_000)];
  for (const value of values)
    expect(bodyOf(endLetterBody(owed, [encoded(value)], ''))).toEqual({
      ...{ task: owed.id, service: 'render', state: 'done', result: value },
    });
  for (const length of [0, 23, 24, 255, 256, 65_535, 65_536]) {
    const result = new Uint8Array(length).fill(7);
    const body = bodyOf(endLetterBody(owed, [encoded(result)], 'e'.repeat(Math.min(length, 300))));
    expect((body as { result: Uint8Array }).result).toEqual(result);
  }
  const whole = { ...owed, service: '' };
  const results = ['x', Uint8Array.of(1, 2), { deep: true }];
  expect(bodyOf(endLetterBody(whole, results.map(encoded), ''))).toMatchObject({
    service: '',
    result: results,
  });
  expect(bodyOf(endLetterBody(whole, undefined, 'why'))).toEqual({
    ...{ task: owed.id, service: '', state: 'done', error: 'why' },
  });
});
