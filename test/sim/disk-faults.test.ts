/** Faults of disks, one at a time: whom each hits, how long it lasts, and what becomes of a disk whose machine is gone. */
import { expect, test } from 'vitest';
import type { Behavior, CommandHandlers, Reply, Shape, StoreCalls } from '../../src/kernel/contracts.ts';
import type { SkeinError } from '../../src/kernel/errors.ts';
import {
  Cell,
  crash,
  failingDisk,
  fullDisk,
  type Member,
  SeededRandom,
  slowDisk,
  storeModel,
  vanish,
} from '../../src/sim/index.ts';
import { makeFault } from '../../src/sim/world/faults/faults.ts';
import { TestStage } from './stage.ts';

interface CounterShape extends Shape {
  readonly commands: { add(by: number): number };
  readonly store: { add(by: number): number };
}

const counterModel = storeModel<CounterShape['store'], { readonly count: Cell<number> }>({
  name: 'counter',
  initial: () => ({ count: new Cell(0) }),
  operations: {
    add: ({ count }, by) => {
      if (by !== 0) count.value += by;
      return count.value;
    },
  },
});

class Counter implements Behavior<CounterShape> {
  readonly name = 'counter';
  /** How often it was told of a completion. */
  completions = 0;
  private readonly replies = new Map<number, Reply<number>>();
  readonly commands: CommandHandlers<CounterShape> = {
    add: (agent, by, reply) => {
      this.replies.set(agent.store('add', by), reply);
    },
  };
  readonly store: StoreCalls<CounterShape> = {
    completed: (_agent, completion) => {
      this.completions++;
      const reply = this.replies.get(completion.token);
      if (completion.ok) reply?.answer(completion.value);
      else reply?.fail(completion.failure);
    },
  };
}

const withStore = { store: [counterModel], behaviors: () => [new Counter()] };

class CountingStage extends TestStage {
  get first(): Member {
    return this.mesh.member('n1') as Member;
  }

  async add(by: number): Promise<unknown> {
    const answer = this.first.life?.node.command('counter', 'add', by) as Promise<unknown>;
    return this.world.resolve(answer.catch((error: SkeinError) => `${error.code}: ${error.message}`));
  }
}

test('a full disk refuses what needs room also after a restart of the program, until the fault is over', async () => {
  const stage = await new CountingStage().start(3, withStore);
  expect(await stage.add(2)).toBe(2);
  const fault = fullDisk([stage.first]);
  fault.start(stage.mesh);
  expect(await stage.add(3)).toContain('SKEIN_STORE_FULL');
  await stage.suffer(crash([stage.first], 'end'), 1000);
  expect(await stage.add(3)).toContain('SKEIN_STORE_FULL');
  expect(await stage.add(0)).toBe(2);
  fault.end(stage.mesh);
  expect(await stage.add(3)).toBe(5);
  expect(await stage.verdict()).toEqual([]);
});

test('a commit on a failing disk ends in the unknown: what it was for is durable, or is not', async () => {
  const stage = await new CountingStage().start(3, withStore);
  const fault = failingDisk([stage.first], 1);
  fault.start(stage.mesh);
  const answers: unknown[] = [];
  for (let i = 0; i < 20; i++) answers.push(await stage.add(1));
  fault.end(stage.mesh);
  for (const answer of answers) expect(answer).toContain('SKEIN_LOST');
  const count = (await stage.add(0)) as number;
  expect(count).toBeGreaterThan(2);
  expect(count).toBeLessThan(18);
  expect(await stage.verdict()).toEqual([]);
});

test('a slow disk makes completions late and holds up nothing else', async () => {
  const stage = await new CountingStage().start(3, withStore);
  const fault = slowDisk([stage.first], 10_000);
  fault.start(stage.mesh);
  const begunAt = stage.world.now;
  const count = stage.add(1);
  expect(await count).toBe(1);
  expect(stage.world.now - begunAt).toBeGreaterThan(2500);
  fault.end(stage.mesh);
  const fastFrom = stage.world.now;
  expect(await stage.add(1)).toBe(2);
  expect(stage.world.now - fastFrom).toBeLessThan(13);
  expect(await stage.verdict()).toEqual([]);
});

test('a disk outlives the crash of its program, and is gone with its machine', async () => {
  const stage = await new CountingStage().start(3, withStore);
  expect(await stage.add(5)).toBe(5);
  await stage.suffer(crash([stage.first], 'reset'), 1000);
  expect(await stage.add(1)).toBe(6);
  await stage.suffer(vanish([stage.first]), 1000);
  expect(await stage.add(1)).toBe(1);
  expect(await stage.verdict()).toEqual([]);
});

test('a program that leaves ends once what it has asked of its store is durable', async () => {
  const stage = await new CountingStage().start(2, withStore);
  slowDisk([stage.first], 1000).start(stage.mesh);
  const node = stage.first.life?.node;
  const asked = Array.from({ length: 700 }, () => node?.command('counter', 'add', 1).catch(() => undefined));
  stage.mesh.leaveSoon(stage.first);
  await stage.world.resolve(Promise.all(asked));
  expect(await stage.world.runUntil(() => stage.first.life === undefined, 60_000)).toBe(true);
  stage.mesh.start(stage.first);
  expect(await stage.add(0)).toBe(700);
});

test('a paused program hears of nothing that its store does, and of all of it once it goes on', async () => {
  const counters: Counter[] = [];
  const behaviors = () => {
    counters.push(new Counter());
    return counters.slice(-1);
  };
  const stage = await new CountingStage().start(2, { ...withStore, behaviors });
  const answers: unknown[] = [];
  for (let i = 1; i <= 3; i++)
    stage.first.life?.node.command('counter', 'add', 1).then((count) => answers.push(count));
  await stage.world.run(0);
  stage.first.life?.platform.pause();
  await stage.world.run(100);
  expect(counters[0]?.completions).toBe(0);
  stage.first.life?.platform.resume();
  await stage.world.run(100);
  expect(answers).toEqual([1, 2, 3]);
});

test('a node without a store answers what its behavior asks of it with what to do, and no fault of disks hits it', async () => {
  const stage = await new CountingStage().start(2, { behaviors: () => [new Counter()] });
  expect(await stage.add(1)).toBe(
    'SKEIN_INVALID: this node has no store, which feature "counter" needs: start the node with one that has its part',
  );
  expect(makeFault('disk', stage.mesh, SeededRandom.fromSeed(1))).toBeUndefined();
});
