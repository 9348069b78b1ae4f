import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { idOf } from '../../../../kernel/identity.ts';
import { taskLimits } from '../limits.ts';
import type { Requirements } from '../requirements.ts';
import type { Priority, TaskHead } from '../tasks-types.ts';
import { type Match, Matching } from './matching.ts';
import type { WorkerFacts } from './worker.ts';

const nothing: Requirements = { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] };
const gibibyte = 2 ** 30;

interface Setup extends Partial<Omit<WorkerFacts, 'capacity'>> {
  readonly cores?: number;
  readonly memory?: number;
  readonly software?: readonly string[];
  readonly gpus?: number;
  readonly concurrency?: number;
  readonly queue?: number;
}

function facts(name: string, setup: Setup = {}): WorkerFacts {
  const { cores = 8, memory = 16 * gibibyte, software = [], gpus = 0, concurrency = 100, queue = 0 } = setup;
  return {
    ...{ name, life: 1, isDraining: false },
    services: [{ service: 'render', concurrency, queue, isIdempotent: false }],
    capacity: { cores, memory, software, resources: gpus === 0 ? [] : [['gpu', gpus]] },
    ...setup,
  };
}

/** A broker that orders tasks and knows their headings. */
class Broker {
  readonly matching = new Matching();
  readonly heads = new Map<number, TaskHead>();
  private last = 0;

  order(needs: Partial<Requirements> = {}, priority: Priority = 3, service = 'render'): number {
    const n = ++this.last;
    const head: TaskHead = {
      ...{ n, id: n.toString(16).padStart(32, '0'), author: 'a', service, priority, state: 'queued' },
      ...{
        needs: { ...nothing, ...needs },
        rank: this.matching.place(priority),
        inputBytes: 0,
        orderedAt: n,
      },
      ...{ notBefore: 0, deadline: 0, timeoutMs: 0, attempts: 1, isIdempotent: false, attempt: 0, fence: 0 },
      ...{
        worker: '',
        workerLife: 0,
        blockers: 0,
        doom: '',
        parent: 0,
        part: 0,
        partsLeft: 0,
        since: 0,
        reason: '',
      },
    };
    this.put(head);
    return n;
  }

  put(head: TaskHead): void {
    this.heads.set(head.n, head);
    this.matching.put(head);
  }

  change(n: number, change: Partial<TaskHead>): void {
    this.put({ ...(this.heads.get(n) as TaskHead), ...change });
  }

  /** All that can be matched now: `task>worker`, in a worker's own queue `task>>worker`. */
  match(now = 0): string[] {
    const matches: Match[] = [];
    for (let isMore = true; isMore; ) {
      const answer = this.matching.match(now, taskLimits.taskLooksMax);
      matches.push(...answer.matches);
      isMore = answer.isMore;
    }
    return matches.map(({ n, worker, way }) => `${n}${way === 'at-once' ? '>' : '>>'}${worker}`);
  }

  claim(n: number, worker: string, state: 'assigned' | 'running' = 'running'): void {
    this.change(n, { state, worker, workerLife: 1 });
  }

  end(n: number): void {
    this.change(n, { state: 'done' });
  }
}

function broker(workers: Readonly<Record<string, Setup>>): Broker {
  const made = new Broker();
  for (const [name, setup] of Object.entries(workers)) made.matching.work(facts(name, setup));
  return made;
}

test('of four workers of which two are busy the idle ones get the tasks, and a third waits for the first to end', () => {
  const at = broker({ a: { cores: 4 }, b: { cores: 4 }, c: { cores: 4 }, d: { cores: 4 } });
  const busy = [at.order({ cores: 4, node: 'a' }), at.order({ cores: 4, node: 'b' })];
  expect(at.match()).toEqual(['1>a', '2>b']);
  at.claim(1, 'a');
  at.claim(2, 'b');
  for (let i = 0; i < 3; i++) at.order({ cores: 4 });
  expect(at.match()).toEqual(['3>c', '4>d']);
  expect(at.matching.standings('render', { ...nothing, cores: 4 }).map(({ whyNot }) => whyNot)).toEqual([
    ...Array(4).fill('has 0 of 4 cores free'),
  ]);
  at.end(busy[1] as number);
  expect(at.match()).toEqual(['5>b']);
});

test('the worker with the most free cores is the first, then memory, then the fewest tasks, then the name', () => {
  const at = broker({
    d: { cores: 8, memory: 8 * gibibyte },
    c: { cores: 8, memory: 8 * gibibyte },
    b: { cores: 8, memory: 16 * gibibyte },
    a: { cores: 16, memory: gibibyte },
  });
  at.order({ cores: 9 });
  expect(at.match()).toEqual(['1>a']);
  at.order();
  at.order({ memory: 8 * gibibyte });
  for (let i = 0; i < 4; i++) at.order();
  expect(at.match()).toEqual(['2>b', '3>b', '4>c', '5>d', '6>c', '7>d']);
});

test('tasks are matched in the order of their priorities', () => {
  const at = broker({ a: { concurrency: 1 } });
  for (const priority of [3, 3, 3, 2, 1] as const) at.order({}, priority);
  const order: number[] = [];
  for (let [match] = at.match(); match !== undefined; [match] = at.match()) {
    const n = Number.parseInt(match, 10);
    order.push(n);
    at.claim(n, 'a');
    at.end(n);
  }
  expect(order).toEqual([5, 1, 2, 4, 3]);
});

test('a place in the queue of a worker is taken only where none could begin at once, the shortest queue first', () => {
  const at = broker({
    a: { concurrency: 1, queue: 2 },
    b: { concurrency: 1, queue: 1 },
    c: { concurrency: 1 },
  });
  for (let i = 0; i < 8; i++) at.order();
  expect(at.match()).toEqual(['1>a', '2>b', '3>c', '4>>a', '5>>b', '6>>a']);
  at.claim(1, 'a');
  at.claim(4, 'a', 'assigned');
  at.end(1);
  expect(at.match()).toEqual(['7>>a']);
  expect(at.matching.worker(idOf('a'))?.services.get('render')).toMatchObject({ begun: 1, waiting: 2 });
});

test('what waits in the queue of a worker for room comes before what could begin there', () => {
  const at = broker({ a: { cores: 8, queue: 1 } });
  at.order({ cores: 6 });
  at.order({ cores: 6 });
  expect(at.match()).toEqual(['1>a', '2>>a']);
  at.order({ cores: 1 });
  expect(at.match()).toEqual([]);
  expect(at.matching.standings('render', nothing)[0]?.whyNot).toBe(
    'has tasks in its own queue that come first',
  );
  at.claim(1, 'a');
  at.end(1);
  expect(at.match()).toEqual(['3>a']);
});

test('a task that was passed 64 times has a worker kept free for it, until it fits', () => {
  const at = broker({ a: { cores: 8 } });
  const running = [at.order({ cores: 1 }), at.order({ cores: 1 })];
  at.match();
  for (const n of running) at.claim(n, 'a');
  const large = at.order({ cores: 8 });
  const next = () => {
    running.push(at.order({ cores: 1 }));
    at.end(running.shift() as number);
    return at.match();
  };
  for (let i = 1; i <= taskLimits.taskPassedMax; i++) {
    expect(next(), `pass ${i}`).toEqual([`${running.at(-1)}>a`]);
    at.claim(running.at(-1) as number, 'a');
  }
  expect(next()).toEqual([]);
  expect(at.matching.standings('render', nothing)[0]?.whyNot).toBe(
    `is kept free for task ${large.toString(16).padStart(32, '0')}`,
  );
  at.end(running.shift() as number);
  expect(at.match()).toEqual([`${large}>a`]);
  at.claim(large, 'a');
  at.end(large);
  expect(at.match()).toEqual([`${running.at(-1)}>a`]);
});

test.each(['gone', 'elsewhere', 'declined', 'draining'] as const)(
  'a worker that is kept free for a task is not any more once the task is %s',
  (how) => {
    const at = broker({ a: { cores: 8 } });
    at.order({ cores: 1 });
    at.match();
    at.claim(1, 'a');
    const large = at.order({ cores: 8 });
    for (let i = 0; i < taskLimits.taskPassedMax; i++) {
      const n = at.order({ cores: 1 });
      expect(at.match()).toEqual([`${n}>a`]);
      at.claim(n, 'a');
      at.end(n);
    }
    const small = at.order({ cores: 1 });
    expect(at.match()).toEqual([]);
    if (how === 'gone') {
      at.change(large, { state: 'cancelled' });
      expect(at.match()).toEqual([`${small}>a`]);
    } else if (how === 'elsewhere') {
      at.matching.work(facts('b', { cores: 8 }));
      expect(at.match()).toEqual([`${large}>b`, `${small}>a`]);
    } else if (how === 'declined') {
      at.end(1);
      expect(at.match()).toEqual([`${large}>a`]);
      expect(at.matching.declined(large, idOf('a'), 'is hot', 5)).toBe(true);
      expect(at.match()).toEqual([`${small}>a`]);
    } else {
      at.matching.work(facts('a', { cores: 8, isDraining: true }));
      at.matching.work(facts('b', { cores: 4 }));
      expect(at.match()).toEqual([`${small}>b`]);
    }
  },
);

test('a worker that has declined is passed over for that shape until the time is over, or something changes there', () => {
  const at = broker({ a: {} });
  const node = idOf('a');
  at.order({ cores: 2 });
  at.order({ cores: 1 });
  expect(at.match()).toEqual(['1>a', '2>a']);
  expect(at.matching.declined(1, node, 'is hot', 5000)).toBe(true);
  expect(at.matching.declined(1, node, 'is hot', 5000)).toBe(false);
  expect(at.matching.declined(2, idOf('b'), 'lies', 5000)).toBe(false);
  expect(at.match(4999)).toEqual([]);
  expect(at.matching.standings('render', { ...nothing, cores: 2 })[0]?.whyNot).toBe('declined: is hot');
  expect(at.matching.due).toBe(5000);
  expect(at.match(5000)).toEqual(['1>a']);
  expect(at.matching.due).toBe(0);
  at.matching.declined(1, node, 'is hot', 9000);
  expect(at.match(5001)).toEqual([]);
  at.matching.work(facts('a'));
  expect(at.match(5002)).toEqual(['1>a']);
});

test('offers of a worker that is unreachable are void, and claims stay with their incarnation', () => {
  const at = broker({ a: { cores: 1 } });
  at.order({ cores: 1 });
  expect(at.match()).toEqual(['1>a']);
  at.matching.gone(idOf('a'));
  at.matching.work(facts('b', { cores: 1 }));
  expect(at.match()).toEqual(['1>b']);
  at.claim(1, 'b');
  at.matching.gone(idOf('b'));
  at.matching.work(facts('b', { cores: 1, life: 2 }));
  at.order({ cores: 1 });
  expect(at.match()).toEqual(['2>b']);
  at.change(1, { state: 'lost' });
  expect(at.matching.worker(idOf('b'))?.room.freeCores).toBe(0);
});

test('tasks that a broker loads as claimed take the room of their worker once it is there', () => {
  const at = new Broker();
  at.order({ cores: 6 });
  at.claim(1, 'a');
  at.order({ cores: 6 });
  at.claim(2, 'a', 'assigned');
  at.matching.work(facts('a', { cores: 8, queue: 1 }));
  at.order({ cores: 1 });
  expect(at.match()).toEqual([]);
  at.end(1);
  expect(at.match()).toEqual(['3>a']);
});

test('a worker gets no more offers than it may have to answer at a time', () => {
  const at = broker({ a: { concurrency: 1000 } });
  for (let i = 0; i < 300; i++) at.order();
  expect(at.match()).toHaveLength(taskLimits.tasksPerOfferMax);
  at.claim(1, 'a');
  expect(at.match()).toEqual([`${taskLimits.tasksPerOfferMax + 1}>a`]);
});

test('a worker that declines very many shapes is passed over for all', () => {
  const at = broker({ a: { cores: 1000 } });
  for (let i = 1; i <= taskLimits.taskDeclinedMax + 5; i++) at.order({ cores: i });
  for (let [match] = at.match(); match !== undefined; [match] = at.match()) {
    at.matching.declined(Number.parseInt(match, 10), idOf('a'), 'is lazy', 100);
  }
  expect(at.matching.worker(idOf('a'))?.declined.size).toBeLessThanOrEqual(taskLimits.taskDeclinedMax + 1);
  expect(at.match(100).length).toBeGreaterThan(0);
});

test('what no worker that was ever seen could run is not feasible', () => {
  const at = broker({ a: { software: ['blender'], cores: 4 } });
  at.matching.remember({
    ...{ name: 'old', at: 1, capacity: { cores: 64, memory: 0, software: [], resources: [['gpu', 1]] } },
    services: [{ service: 'render', concurrency: 1, queue: 0, isIdempotent: false }],
    stallToleranceMs: 3000,
  });
  const could = (needs: Partial<Requirements>, service = 'render') =>
    at.matching.isFeasible(service, { ...nothing, ...needs });
  expect(could({ cores: 64 })).toBe(true);
  expect(could({ cores: 65 })).toBe(false);
  expect(could({ cores: 5, software: ['blender'] })).toBe(false);
  expect(could({ resources: [['gpu', 1]] })).toBe(true);
  expect(could({ resources: [['gpu', 1]], not: ['old'] })).toBe(false);
  expect(could({ node: 'b' })).toBe(false);
  expect(could({}, 'encode')).toBe(false);
  expect(could({}, '')).toBe(true);
});

test('what a worker says of itself is taken within limits', () => {
  const at = broker({
    a: { cores: Number.POSITIVE_INFINITY, memory: Number.NaN, gpus: -3, concurrency: -1 },
  });
  at.matching.work(facts('b', { cores: -8, memory: 1e300, concurrency: 1e300 }));
  at.order({ cores: 1 });
  at.order({ memory: gibibyte });
  expect(at.match()).toEqual(['2>b']);
});

const need = fc.record({
  cores: fc.integer({ min: 0, max: 8 }),
  memory: fc.integer({ min: 0, max: 4 }).map((count) => count * gibibyte),
  software: fc.constantFrom<readonly string[]>([], [], ['blender']),
  resources: fc.constantFrom<Requirements['resources']>([], [], [['gpu', 1]], [['gpu', 2]]),
  node: fc.constantFrom('', '', '', 'w0'),
  not: fc.constantFrom<readonly string[]>([], [], ['w1']),
});
const setup = fc.record({
  cores: fc.integer({ min: 0, max: 12 }),
  memory: fc.integer({ min: 0, max: 8 }).map((count) => count * gibibyte),
  software: fc.constantFrom<readonly string[]>([], ['blender']),
  gpus: fc.integer({ min: 0, max: 2 }),
  concurrency: fc.integer({ min: 0, max: 5 }),
  queue: fc.constantFrom(0, 0, 2),
  isDraining: fc.constantFrom(false, false, false, true),
});
const action = fc.oneof(
  fc.record({
    type: fc.constant('order' as const),
    needs: need,
    priority: fc.constantFrom<Priority>(1, 2, 3),
  }),
  fc.record({ type: fc.constant('end' as const), pick: fc.nat() }),
  fc.record({ type: fc.constant('decline' as const), pick: fc.nat() }),
  fc.record({ type: fc.constant('work' as const), pick: fc.nat({ max: 3 }), setup }),
  fc.record({ type: fc.constant('gone' as const), pick: fc.nat({ max: 3 }) }),
  fc.record({ type: fc.constant('cancel' as const), pick: fc.nat() }),
);

interface Plain {
  setup: (typeof setup extends fc.Arbitrary<infer S> ? S : never) | undefined;
  begun: Set<number>;
  waiting: Set<number>;
}

/** What is in the hand of a worker, counted apart from what is checked. */
function used(at: Broker, tasks: ReadonlySet<number>): { cores: number; memory: number; gpus: number } {
  const sum = { cores: 0, memory: 0, gpus: 0 };
  for (const n of tasks) {
    const { needs } = at.heads.get(n) as TaskHead;
    sum.cores += needs.cores;
    sum.memory += needs.memory;
    sum.gpus += needs.resources[0]?.[1] ?? 0;
  }
  return sum;
}

test('no worker is given more than it has, and no task waits that fits one that is open, whatever happens', () => {
  void fc.assert(
    fc.property(
      fc.array(setup, { minLength: 2, maxLength: 4 }),
      fc.array(action, { maxLength: 60 }),
      (setups, actions) => {
        const at = new Broker();
        let life = 1;
        const workers = new Map<string, Plain>();
        const work = (name: string, given: Plain['setup']) => {
          workers.set(name, { setup: given, begun: new Set(), waiting: new Set() });
          at.matching.work(facts(name, { ...given, life } as Setup));
        };
        for (const [index, one] of setups.entries()) work(`w${index}`, one);
        const declined = new Set<string>();
        const lives = new Map<number, number>();
        const queued = () => [...at.heads.values()].filter(({ state }) => state === 'queued');
        for (const one of actions) {
          const claimed = [...lives.keys()];
          const picked = 'pick' in one ? claimed[one.pick % Math.max(1, claimed.length)] : undefined;
          if (one.type === 'order') at.order(one.needs, one.priority);
          else if (one.type === 'end' && picked !== undefined) {
            lives.delete(picked);
            for (const { begun, waiting } of workers.values()) {
              begun.delete(picked);
              waiting.delete(picked);
            }
            at.end(picked);
          } else if (one.type === 'work') {
            life++;
            const name = `w${one.pick}`;
            // Tasks of its earlier incarnation end with it.
            for (const n of [...(workers.get(name)?.begun ?? []), ...(workers.get(name)?.waiting ?? [])]) {
              lives.delete(n);
              at.change(n, { state: 'lost' });
            }
            work(name, one.setup);
            for (const key of declined) if (key.endsWith(`>${name}`)) declined.delete(key);
          } else if (one.type === 'gone') {
            const worker = workers.get(`w${one.pick}`);
            at.matching.gone(idOf(`w${one.pick}`));
            if (worker !== undefined) worker.setup = undefined;
          } else if (one.type === 'cancel') {
            const waits = queued();
            const head = waits[one.pick % Math.max(1, waits.length)];
            if (head !== undefined) at.change(head.n, { state: 'cancelled' });
          }
          let isFirst = true;
          for (let isMore = true; isMore; ) {
            const { matches, isMore: more } = at.matching.match(0, 3);
            isMore = more;
            for (const { n, worker, way } of matches) {
              const plain = workers.get(worker) as Plain;
              const { needs } = at.heads.get(n) as TaskHead;
              if (one.type === 'decline' && isFirst) {
                isFirst = false;
                at.matching.declined(n, idOf(worker), 'is hot', 10);
                declined.add(`${JSON.stringify(needs)}>${worker}`);
                isMore = true;
                continue;
              }
              expect(declined.has(`${JSON.stringify(needs)}>${worker}`)).toBe(false);
              (way === 'at-once' ? plain.begun : plain.waiting).add(n);
              lives.set(n, life);
              at.change(n, {
                state: 'assigned',
                worker,
                workerLife: at.matching.worker(idOf(worker))?.life ?? 0,
              });
            }
          }
          for (const [name, { setup: had, begun, waiting }] of workers) {
            if (had === undefined) continue;
            // What has begun of its own queue is as the worker would do it: in no other order.
            const known = at.matching.worker(idOf(name));
            for (const n of waiting) {
              if (known?.held.get(n)?.isWaiting === true) continue;
              waiting.delete(n);
              begun.add(n);
            }
            const sum = used(at, begun);
            expect(begun.size).toBeLessThanOrEqual(had.concurrency);
            expect(waiting.size).toBeLessThanOrEqual(had.queue);
            expect(sum.cores).toBeLessThanOrEqual(had.cores);
            expect(sum.memory).toBeLessThanOrEqual(had.memory);
            expect(sum.gpus).toBeLessThanOrEqual(had.gpus);
            expect(known?.room.freeCores).toBe(had.cores - sum.cores);
            if (had.isDraining || known?.keptFor !== undefined) continue;
            for (const { needs } of queued()) {
              const isAble =
                (needs.node === '' || needs.node === name) &&
                !needs.not.includes(name) &&
                needs.software.every((word) => had.software.includes(word)) &&
                !declined.has(`${JSON.stringify(needs)}>${name}`);
              const gpus = needs.resources[0]?.[1] ?? 0;
              const fits =
                isAble &&
                waiting.size === 0 &&
                begun.size < had.concurrency &&
                needs.cores <= had.cores - sum.cores &&
                needs.memory <= had.memory - sum.memory &&
                gpus <= had.gpus - sum.gpus;
              const waits =
                isAble &&
                had.concurrency > 0 &&
                waiting.size < had.queue &&
                needs.cores <= had.cores &&
                needs.memory <= had.memory &&
                gpus <= had.gpus;
              expect(fits || waits, `${JSON.stringify(needs)} at ${name}`).toBe(false);
            }
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});
