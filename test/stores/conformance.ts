/**
 * What every store promises: one suite, run by each implementation.
 *
 * `storeConformance('SQLite', make)` in a test file; `make` opens an empty store that carries out the verbs of
 * `shapes.ts`. Random operations are compared with a plain model (`plain-model.ts`) that shares no code with stores.
 */
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { AnswerOf, InputOf, Store, Verb, Verbs } from '../../src/kernel/contracts.ts';
import { SkeinError } from '../../src/kernel/errors.ts';
import type { LogEvent, LogRequest } from '../../src/kernel/log-event.ts';
import { type PlainCommand, PlainModel, plainCommands } from './plain-model.ts';
import type { LedgerVerbs, Row, TallyVerbs } from './shapes.ts';

export interface StoreRig {
  /** The store that is open now. */
  readonly store: Store;
  /** Closes it and opens another one on the same disk. */
  reopen(): Promise<void>;
  /** Opens another store on the same disk while this one is open. */
  beside(): Promise<Store>;
  /** Lets pass what time the store needs. */
  settle<Value>(promise: Promise<Value>): Promise<Value>;
  /** Takes everything away again. */
  release(): Promise<void>;
}

const everything = { from: 0, below: 1_000_000 };

/** @param runs Of random operations: each opens a store of its own. */
export function storeConformance(name: string, make: () => Promise<StoreRig>, runs = 60): void {
  const rigs: StoreRig[] = [];
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.release();
  });

  async function open(): Promise<Subject> {
    const rig = await make();
    rigs.push(rig);
    return new Subject(rig);
  }

  describe(`the store ${name}`, () => {
    test('answers an operation with what it returned', async () => {
      const store = await open();
      expect(await store.ledger('put', row(1, 'one'))).toBe(1);
      expect(await store.ledger('put', row(2, 'two'))).toBe(2);
      expect(await store.ledger('get', 2)).toEqual({ text: 'two', bytes: Uint8Array.of(2) });
      expect(await store.ledger('get', 3)).toBeUndefined();
    });

    test('carries out many operations in flight in the order in which they were asked for, and reports them so', async () => {
      const store = await open();
      const reported: number[] = [];
      const answers = Array.from({ length: 1500 }, (_, i) => {
        const answer: Promise<unknown> =
          i % 3 === 2 ? store.ledger('get', i - 1) : store.ledger('put', row(i, `${i}`));
        return store.noted(answer, () => reported.push(i));
      });
      const values = await store.settle(Promise.all(answers));
      expect(reported).toEqual(Array.from({ length: 1500 }, (_, i) => i));
      expect(values[4]).toBe(4);
      expect(values[5]).toEqual({ text: '4', bytes: Uint8Array.of(4) });
    });

    test('reports operations of several features, failed ones included, in one order', async () => {
      const store = await open();
      const reported: string[] = [];
      const note = (what: string) => () => reported.push(what);
      const answers = [
        store.noted(store.ledger('put', row(1, 'a')), note('put')),
        store.noted(store.ledger('refuse', { why: 'no' }), note('refuse')),
        store.noted(store.tally('put', 5), note('tally')),
        store.noted(store.raw('ledger', 'dance', undefined), note('unknown verb')),
        store.noted(store.ledger('get', 1), note('get')),
      ];
      await store.settle(Promise.allSettled(answers));
      expect(reported).toEqual(['put', 'refuse', 'tally', 'unknown verb', 'get']);
    });

    test('leaves nothing of an operation that throws in the middle, and goes on with the next', async () => {
      const store = await open();
      await store.ledger('put', row(2, 'kept'));
      const rows = [row(1, 'a'), row(2, 'b'), row(3, 'c')];
      const failing = store.problem(store.ledger('putAll', { rows, failAfter: 2 }));
      const next = store.ledger('list', everything);
      expect(await failing).toMatchObject({ code: 'SKEIN_FAILED', retryable: false });
      expect((await failing).message).toBe('ledger putAll failed in the store: failed after 2');
      expect(await next).toEqual([row(2, 'kept')]);
      expect(await store.ledger('put', row(9, 'later'))).toBe(2);
    });

    test('reports the code and the details of an operation that throws a SkeinError', async () => {
      const store = await open();
      const failure = await store.problem(store.ledger('refuse', { why: 'not today' }));
      expect(failure).toBeInstanceOf(SkeinError);
      expect(failure).toMatchObject({ code: 'SKEIN_REFUSED', message: 'not today', retryable: false });
      expect(failure.details).toEqual({ why: 'not today' });
      expect(await store.ledger('list', everything)).toEqual([]);
    });

    test('names a verb that a feature does not have, also one that every object has', async () => {
      const store = await open();
      for (const verb of ['dance', 'constructor', '__proto__']) {
        const failure = await store.problem(store.raw('tally', verb, undefined));
        expect(failure).toMatchObject({ code: 'SKEIN_INVALID', retryable: false });
        expect(failure.message).toBe(`the store of tally has no "${verb}": it has put, get`);
      }
    });

    test('names a feature that it has no part for', async () => {
      const store = await open();
      const failure = await store.problem(store.raw('letters', 'put', undefined));
      expect(failure).toMatchObject({ code: 'SKEIN_INVALID', retryable: false });
      expect(failure.message).toBe(
        'the store has no part for feature "letters": open it with that feature\'s model (it has ledger, tally)',
      );
    });

    test('keeps what features store apart, also under the same verbs', async () => {
      const store = await open();
      await store.tally('put', 40);
      await store.ledger('put', row(1, 'one'));
      expect(await store.tally('put', 2)).toBe(42);
      expect(await store.ledger('put', row(2, 'two'))).toBe(2);
    });

    test('still has after a reopening what it has reported, and nothing of what failed', async () => {
      const store = await open();
      await store.ledger('put', row(1, 'one'));
      await store.problem(store.ledger('putAll', { rows: [row(5, 'x'), row(6, 'y')], failAfter: 1 }));
      await store.tally('put', 7);
      await store.reopen();
      expect(await store.ledger('list', everything)).toEqual([row(1, 'one')]);
      expect(await store.tally('put', 1)).toBe(8);
      expect(await store.ledger('put', row(2, 'two'))).toBe(2);
    });

    test('keeps in its log what operations append, in their order, and nothing of one that fails', async () => {
      const store = await open();
      const note = (subject: string, fails = false) =>
        store.ledger('note', { events: [event(subject)], fails });
      const several = () => store.ledger('note', { events: [event('b'), event('c')] });
      await store.settle(
        Promise.allSettled([note('a'), note('x', true), several(), note('y', true), note('d')]),
      );
      const page = await store.ledger('readLog', { after: 0, limit: 10, filter: {} });
      expect(page).toMatchObject({ place: 4, isMore: false, lost: 0, oldest: 1, newest: 4 });
      expect(page.events).toEqual(
        ['a', 'b', 'c', 'd'].map((subject, i) => ({ n: i + 1, ...event(subject) })),
      );
      expect(await store.ledger('get', 1)).toMatchObject({ text: 'noted' });
    });

    test('numbers events without holes over a reopening, and reads them in both directions', async () => {
      const store = await open();
      await store.ledger('note', { events: ['a', 'b', 'c'].map(event) });
      await store.reopen();
      await store.ledger('note', { events: ['d', 'e'].map(event) });
      const subjects = async (request: Omit<LogRequest, 'filter'>) => {
        const page = await store.ledger('readLog', { ...request, filter: {} });
        return [page.events.map(({ n, subject }) => `${n}${subject}`).join(' '), page.place, page.isMore];
      };
      expect(await subjects({ after: 1, limit: 3 })).toEqual(['2b 3c 4d', 4, true]);
      expect(await subjects({ after: 4, limit: 3 })).toEqual(['5e', 5, false]);
      expect(await subjects({ after: 5, limit: 3 })).toEqual(['', 5, false]);
      expect(await subjects({ limit: 2 })).toEqual(['4d 5e', 4, true]);
      expect(await subjects({ before: 4, limit: 9 })).toEqual(['1a 2b 3c', 1, false]);
    });

    test('is not changed by what the caller does to an input after the call, not even in the same turn', async () => {
      const store = await open();
      const input = { n: 1, text: 'before', bytes: Uint8Array.of(1, 2, 3) };
      const done = store.ledger('put', input);
      input.text = 'after';
      input.bytes[0] = 99;
      await done;
      expect(await store.ledger('get', 1)).toEqual({ text: 'before', bytes: Uint8Array.of(1, 2, 3) });
    });

    test('is not changed by what the caller does to an answer', async () => {
      const store = await open();
      await store.ledger('put', row(1, 'mine'));
      const answer = (await store.ledger('get', 1)) as { text: string; bytes: Uint8Array };
      answer.text = 'changed';
      answer.bytes[0] = 99;
      expect(await store.ledger('get', 1)).toEqual({ text: 'mine', bytes: Uint8Array.of(1) });
    });

    test('refuses input that is not plain data, and says where in it', async () => {
      const store = await open();
      const circle: Record<string, unknown> = {};
      circle.again = circle;
      const cases: [unknown, string][] = [
        [{ n: 1, text: () => 'x' }, 'tally put: the input.text is a function'],
        [{ rows: [{ when: new Date(0) }] }, 'tally put: the input.rows[0].when is a Date'],
        [circle, 'is nested deeper than 64 levels, or a circle'],
      ];
      for (const [input, text] of cases) {
        const failure = await store.problem(store.raw('tally', 'put', input));
        expect(failure.code).toBe('SKEIN_INVALID');
        expect(failure.message).toContain(text);
      }
      expect(await store.tally('get')).toBe(0);
    });

    test('carries out at its closing what was asked for before, and refuses what comes later', async () => {
      const store = await open();
      const before = [store.tally('put', 1), store.tally('put', 1)];
      const closed = store.settle(store.rig.store.close());
      const late = await store.problem(store.tally('put', 100));
      expect(late).toMatchObject({ code: 'SKEIN_CLOSED', retryable: false });
      expect(late.message).toBe('tally put: the store is closed, nothing was written');
      expect(await Promise.all(before)).toEqual([1, 2]);
      await closed;
      await store.settle(store.rig.store.close());
      await store.reopen();
      expect(await store.tally('get')).toBe(2);
    });

    test('is written by the broker of the highest epoch alone, and says so to an earlier one', async () => {
      const store = await open();
      expect(await store.claim(3)).toMatchObject({ isClaimed: true, epoch: 3 });
      await store.tally('put', 1);
      const other = new Subject({ ...store.rig, store: await store.rig.beside() });
      expect(await other.claim(3)).toMatchObject({ isClaimed: false, epoch: 3 });
      expect(await other.claim(5)).toMatchObject({ isClaimed: true, epoch: 5 });
      await other.tally('put', 10);
      for (const refused of [store.tally('put', 100), store.tally('get')]) {
        const problem = await store.problem(refused);
        expect(problem).toMatchObject({
          code: 'SKEIN_STORE_CLAIMED',
          retryable: false,
          details: { epoch: 5 },
        });
        expect(problem.message).toContain('with epoch 5, and this one has 3: nothing was written');
      }
      expect(await store.claim(4)).toMatchObject({ isClaimed: false, epoch: 5 });
      // In one group with what comes after it.
      const [claim, total] = await Promise.all([store.claim(6), store.tally('put', 1000)]);
      expect([claim, total]).toMatchObject([{ isClaimed: true, epoch: 6 }, 1011]);
      expect(await other.problem(other.tally('put', 1))).toMatchObject({ code: 'SKEIN_STORE_CLAIMED' });
      await other.settle(other.rig.store.close());
    });

    test('keeps its epoch over a reopening, and refuses what is none', async () => {
      const store = await open();
      await store.claim(7);
      const { id } = await store.claim(6);
      await store.reopen();
      await store.tally('put', 1);
      expect(await store.claim(7)).toEqual({ isClaimed: false, epoch: 7, id });
      for (const wrong of [0, -1, 1.5, Number.NaN])
        expect(await store.problem(store.claim(wrong))).toMatchObject({ code: 'SKEIN_INVALID' });
      expect(await store.claim(8)).toMatchObject({ isClaimed: true, epoch: 8 });
    });

    test('a claim in a group with an operation that fails holds', async () => {
      const store = await open();
      const rows = [row(1, 'a')];
      const outcomes = await store.settle(
        Promise.allSettled([
          store.claim(2),
          store.ledger('putAll', { rows, failAfter: 0 }),
          store.tally('put', 3),
        ]),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await store.claim(2)).toMatchObject({ isClaimed: false, epoch: 2 });
    });

    test('refuses what comes above 65,536 waiting operations with SKEIN_BUSY, and carries out the others', async () => {
      const store = await open();
      const waiting = Array.from({ length: 65_536 }, () => store.rig.store.execute('tally', putOne));
      expect(await store.problem(store.tally('put', 1))).toMatchObject({
        code: 'SKEIN_BUSY',
        retryable: true,
      });
      const answers = await store.settle(Promise.all(waiting));
      expect(answers.at(-1)).toBe(65_536);
      expect(await store.tally('get')).toBe(65_536);
    });

    test('does what a plain model does, whatever is asked for, in flights of any size, over reopenings', async () => {
      await fc.assert(
        fc.asyncProperty(plainCommands, async (flights) => {
          const store = await open();
          const model = new PlainModel();
          for (const flight of flights) {
            const expected = flight.map((command) => model.execute(command));
            const answers = flight.map((command) => outcomeOf(store.command(command)));
            expect(await store.settle(Promise.all(answers))).toEqual(expected);
            if (flight.length % 3 === 0) await store.reopen();
          }
          expect(await store.ledger('list', everything)).toEqual(model.everything);
        }),
        { numRuns: runs },
      );
    });
  });
}

/** A store under test: typed verbs of the two features, each settled in its own time. */
class Subject {
  readonly rig: StoreRig;

  constructor(rig: StoreRig) {
    this.rig = rig;
  }

  ledger<V extends Verb<LedgerVerbs>>(
    verb: V,
    input: InputOf<LedgerVerbs, V>,
  ): Promise<AnswerOf<LedgerVerbs, V>> {
    return this.ask<LedgerVerbs, V>('ledger', verb, input);
  }

  tally<V extends Verb<TallyVerbs>>(
    verb: V,
    ...input: Parameters<TallyVerbs[V]>
  ): Promise<AnswerOf<TallyVerbs, V>> {
    return this.ask<TallyVerbs, V>('tally', verb, input[0] as InputOf<TallyVerbs, V>);
  }

  claim(epoch: number) {
    return this.settle(this.rig.store.claim(epoch));
  }

  raw(feature: string, verb: string, input: unknown): Promise<unknown> {
    return this.settle(this.rig.store.execute(feature, { verb, input: input as never }));
  }

  command({ feature, verb, input }: PlainCommand): Promise<unknown> {
    return this.rig.store.execute(feature, { verb, input: input as never });
  }

  settle<Value>(promise: Promise<Value>): Promise<Value> {
    return this.rig.settle(promise);
  }

  reopen(): Promise<void> {
    return this.rig.reopen();
  }

  /** Calls back when it has settled either way. */
  async noted<Value>(promise: Promise<Value>, note: () => void): Promise<Value> {
    return promise.finally(note);
  }

  async problem(promise: Promise<unknown>): Promise<SkeinError> {
    try {
      await promise;
    } catch (error) {
      return error as SkeinError;
    }
    throw new Error('it did not fail');
  }

  private ask<V extends Verbs, Name extends Verb<V>>(
    feature: string,
    verb: Name,
    input: InputOf<V, Name>,
  ): Promise<AnswerOf<V, Name>> {
    const operation = { verb, input: input as never };
    return this.settle(this.rig.store.execute(feature, operation)) as Promise<AnswerOf<V, Name>>;
  }
}

const putOne = { verb: 'put', input: 1 as never };

function event(subject: string): LogEvent {
  const [author, recipients, trace] = ['ann', ['bob', 'cy'], ['ann', 'broker']];
  return { type: 'letter.stored', at: 1000 + subject.length, author, subject, recipients, trace, note: '' };
}

function row(n: number, text: string): Row & { readonly n: number } {
  return { n, text, bytes: Uint8Array.of(n) };
}

async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { ok: await promise };
  } catch (error) {
    return { failed: (error as SkeinError).code };
  }
}
