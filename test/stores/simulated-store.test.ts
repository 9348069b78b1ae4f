/** The store on a simulated disk: what every store promises, and what a crash, a slow and a full disk do to it. */
import { describe, expect, test } from 'vitest';
import { Disk } from '../../src/sim/world/machine/disk.ts';
import { SimulatedStore } from '../../src/sim/world/machine/simulated-store.ts';
import { World } from '../../src/sim/world/world.ts';
import { storeConformance } from './conformance.ts';
import { fullDiskTranscript, playFullDisk } from './full-disk.ts';
import { conformanceModels } from './shapes.ts';

storeConformance('on a simulated disk', async () => {
  const machine = new Machine(1);
  return {
    get store() {
      return machine.store;
    },
    reopen: async () => {
      await machine.settle(machine.store.close());
      machine.open();
    },
    beside: async () => machine.beside(),
    settle: (promise) => machine.settle(promise),
    release: () => machine.settle(machine.store.close()),
  };
});

describe('a crash', () => {
  test('leaves of what was not reported a prefix, in order, and reports nothing of it', async () => {
    const lengths = new Set<number>();
    for (let seed = 1; seed <= 300; seed++) {
      const machine = new Machine(seed);
      const reported: number[] = [];
      await machine.settle(machine.put(1));
      for (let n = 2; n <= 9; n++) void machine.put(n).then(() => reported.push(n));
      await machine.world.run(machine.world.random.between(0, 16));
      const reportedBefore = reported.length;
      machine.store.crash();
      await machine.world.run(1000);
      expect(reported).toHaveLength(reportedBefore);
      machine.open();
      const kept = await machine.numbers();
      expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => i + 1));
      expect(kept.length).toBeGreaterThanOrEqual(1 + reportedBefore);
      lengths.add(kept.length - reportedBefore);
    }
    // Nothing of it, some of it, all of it.
    expect([...lengths].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('keeps an operation and its events in the log both, or neither', async () => {
    const lengths = new Set<number>();
    for (let seed = 1; seed <= 60; seed++) {
      const machine = new Machine(seed);
      const ask = (verb: string, input: unknown) =>
        machine.store.execute('ledger', { verb, input: input as never });
      const event = { type: 'x', at: 1, author: '', subject: '', recipients: [], trace: [], note: '' };
      for (let i = 0; i < 5; i++) void ask('note', { events: [event] }).catch(() => undefined);
      await machine.world.run(machine.world.random.between(0, 16));
      machine.store.crash();
      machine.open();
      const reading = ask('readLog', { limit: 100, filter: {} });
      const { newest } = (await machine.settle(reading)) as { readonly newest: number };
      // Each of them has put a row as well, and how many were put is counted.
      expect(await machine.settle(machine.put(9))).toBe(newest + 1);
      lengths.add(newest);
    }
    expect(lengths.size).toBeGreaterThan(3);
  });

  test('cuts no operation in two', async () => {
    const sizes = new Set<number>();
    for (let seed = 1; seed <= 60; seed++) {
      const machine = new Machine(seed);
      const rows = [1, 2, 3].map((n) => ({ n, text: '', bytes: new Uint8Array() }));
      void machine.store.execute('ledger', { verb: 'putAll', input: { rows, failAfter: 9 } as never });
      await machine.world.run(0.1);
      machine.store.crash();
      machine.open();
      sizes.add((await machine.numbers()).length);
    }
    expect([...sizes].sort()).toEqual([0, 3]);
  });

  test('of a store that is closing ends the closing, and later operations are refused', async () => {
    const machine = new Machine(1);
    void machine.put(1);
    const closed = machine.store.close();
    machine.store.crash();
    await closed;
    await expect(machine.put(2)).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
  });
});

describe('the order of completions', () => {
  test('is that of the calls, whatever the groups in which they become durable', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const machine = new Machine(seed);
      const { random } = machine.world;
      const reported: number[] = [];
      const asked = Array.from({ length: 700 }, (_, i) => i);
      let last = 0;
      for (const n of asked) {
        // Some within one instant, some while a group is under way, some after it.
        last += random.chance(0.9) ? 0 : random.between(0, 15);
        machine.world.at(last, () => void machine.put(n).then(() => reported.push(n)));
      }
      await machine.world.run(last + 100);
      expect(reported).toEqual(asked);
    }
  });
});

describe('a full disk', () => {
  test('refuses what changes something with SKEIN_STORE_FULL, answers what does not, and recovers', async () => {
    const machine = new Machine(1);
    await machine.settle(machine.put(1));
    machine.disk.isFull = true;
    const refused = machine.put(2).catch((error: unknown) => error);
    const remaining = machine.numbers();
    expect(await machine.settle(refused)).toMatchObject({
      code: 'SKEIN_STORE_FULL',
      retryable: true,
      message: 'no room on the disk for ledger put: nothing was written',
    });
    expect(await remaining).toEqual([1]);
    machine.disk.isFull = false;
    await machine.settle(machine.put(3));
    expect(await machine.numbers()).toEqual([1, 3]);
  });
});

test('a full disk means the same here as on a real one', async () => {
  const machine = new Machine(1);
  const transcript = await playFullDisk({
    get store() {
      return machine.store;
    },
    reopen: async () => {
      await machine.settle(machine.store.close());
      machine.open();
    },
    settle: (promise) => machine.settle(promise),
    fill: (isFull) => {
      machine.disk.isFull = isFull;
    },
    pause: async () => void (await machine.world.run(1000)),
  });
  expect(transcript).toEqual(fullDiskTranscript);
});

describe('a slow disk', () => {
  test('takes as many times as long, and commits in one group what came meanwhile', async () => {
    const usual = new Machine(5);
    const slow = new Machine(5);
    slow.disk.slowness = 100;
    for (const { put, settle } of [usual, slow]) await settle(Promise.all([1, 2, 3, 4, 5].map(put)));
    expect(slow.world.now).toBeCloseTo(usual.world.now * 100, 6);
    // The first alone, then the four that had come.
    expect(usual.world.now).toBeLessThan(2 * 12);
  });
});

const settleLimitMs = 60_000;

/** A machine with a disk, and one store after the other on it. */
class Machine {
  readonly world: World;
  readonly disk = new Disk();
  store: SimulatedStore;
  private opened = 0;
  private readonly settling = new Set<Promise<unknown>>();

  constructor(seed: number) {
    this.world = new World({ seed });
    this.store = this.make();
  }

  open(): void {
    this.store = this.make();
  }

  beside(): SimulatedStore {
    return this.make();
  }

  readonly put = (n: number): Promise<unknown> => {
    const input = { n, text: '', bytes: new Uint8Array() };
    return this.store.execute('ledger', { verb: 'put', input: input as never });
  };

  /** Time passes once for all that wait. */
  readonly settle = <Value>(promise: Promise<Value>): Promise<Value> => {
    const isFirst = this.settling.size === 0;
    this.settling.add(promise);
    const isOver = () => this.settling.delete(promise);
    promise.then(isOver, isOver);
    if (isFirst) void this.world.runUntil(() => this.settling.size === 0, settleLimitMs);
    return promise;
  };

  async numbers(): Promise<number[]> {
    const operation = { verb: 'list', input: { from: 0, below: 100 } as never };
    const rows = (await this.settle(this.store.execute('ledger', operation))) as { n: number }[];
    return rows.map(({ n }) => n);
  }

  private make(): SimulatedStore {
    const { world, disk } = this;
    const random = world.random.fork(`store ${++this.opened}`);
    return new SimulatedStore({ world, disk, random, models: conformanceModels });
  }
}
