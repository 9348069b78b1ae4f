import { describe, expect, test } from 'vitest';
import type { Store, StoreResult } from '../kernel/contracts.ts';
import { SkeinError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Effect } from '../kernel/outbox.ts';
import type { Platform } from './platform.ts';
import { Runtime } from './runtime.ts';

type StoreEffect = Extract<Effect, { type: 'store' }>;

/** A kernel that only has effects on its outbox, and notes what it is told is stored. */
class StoringKernel {
  readonly effects: Effect[] = [];
  readonly stored: string[] = [];
  readonly outbox = { isEmpty: false, drain: () => this.effects.splice(0) };

  asks(token: number): this {
    this.effects.push({
      type: 'store',
      place: 'swarm',
      feature: 'mine',
      token,
      operation: { verb: 'put', input: token as never },
    });
    return this;
  }

  readonly kernel = {
    outbox: this.outbox,
    hasQueued: false,
    start: () => undefined,
    endTurn: () => undefined,
    nextDeadline: () => Number.POSITIVE_INFINITY,
    stored: ({ feature, token, operation: { verb } }: StoreEffect, result: StoreResult) => {
      const outcome = result.ok ? String(result.value) : `${result.failure.code} ${result.failure.message}`;
      this.stored.push(`${feature} ${token} ${verb}: ${outcome}`);
    },
  } as unknown as Kernel;
}

function runtimeWith(store: Store | undefined): Runtime {
  const platform = { now: () => 0, wallNow: () => 0, wakeAt: () => {}, drainLater: () => {}, store };
  const ports = { delivered: () => {}, readdressed: () => {}, ended: () => {} };
  return new Runtime(ports, () => platform as unknown as Platform);
}

const pass = () => new Promise(setImmediate);

describe('what a behavior asks of the store', () => {
  test('is reported with its token and its verb, a failure with the code that the store gave it', async () => {
    const store: Store = {
      execute: async (_feature, { input }) => {
        if (input === 2) throw new SkeinError('SKEIN_STORE_FULL', 'no room');
        if (input === 3) throw new RangeError('broken');
        return `kept ${input}`;
      },
      claim: async (epoch) => ({ isClaimed: true, epoch, id: '' }),
      close: async () => {},
    };
    const asking = new StoringKernel().asks(1).asks(2).asks(3);
    runtimeWith(store).run(asking.kernel);
    await pass();
    expect(asking.stored.sort()).toEqual([
      'mine 1 put: kept 1',
      'mine 2 put: SKEIN_STORE_FULL no room',
      'mine 3 put: SKEIN_FAILED the store of mine failed: broken',
    ]);
  });

  test('fails where there is no store, with what to do', () => {
    const asking = new StoringKernel().asks(1);
    runtimeWith(undefined).run(asking.kernel);
    expect(asking.stored).toEqual([
      'mine 1 put: SKEIN_INVALID this node has no store, which feature "mine" needs: start the node with one that has its part',
    ]);
  });

  test('is not reported to a kernel that has taken over meanwhile, which gives the same tokens', async () => {
    let finish: (value: string) => void = () => {};
    const first = new Promise((resolve) => {
      finish = resolve;
    });
    const answers = [first, Promise.resolve('second')];
    const runtime = runtimeWith({
      execute: () => answers.shift() as Promise<unknown>,
      claim: async (epoch) => ({ isClaimed: true, epoch, id: '' }),
      close: async () => {},
    });
    const before = new StoringKernel().asks(1);
    const after = new StoringKernel().asks(1);
    runtime.run(before.kernel);
    runtime.run(after.kernel);
    finish('first');
    await pass();
    expect(before.stored).toEqual([]);
    expect(after.stored).toEqual(['mine 1 put: second']);
  });
});
