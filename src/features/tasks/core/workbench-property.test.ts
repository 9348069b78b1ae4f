/** A worker's side under whatever order of offers, claims, ends, stops, drains, brokers and time. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  anywhere,
  capacity,
  place,
  render,
  store,
  task,
  WorkbenchRig,
} from '../../../../test/core/workbench-rig.ts';
import type { HandedIn } from './messages.ts';

type Step =
  | { readonly type: 'offer' | 'assign'; readonly n: number; readonly cores: number }
  | { readonly type: 'end' | 'fail' | 'stop' | 'settle'; readonly n: number }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'broker' | 'drain' | 'drain now' | 'resume' | 'silence' | 'speech' };

const n = fc.integer({ min: 1, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constantFrom('offer' as const, 'assign' as const),
    n,
    cores: fc.integer({ min: 0, max: 9 }),
  }),
  fc.record({
    type: fc.constantFrom('end' as const, 'fail' as const, 'stop' as const, 'settle' as const),
    n,
  }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4000 }) }),
  fc.record({
    type: fc.constantFrom(...(['broker', 'drain', 'drain now', 'resume', 'silence', 'speech'] as const)),
  }),
);

class Run {
  readonly rig = new WorkbenchRig();
  private readonly cores = new Map<number, number>();
  private readonly begun = new Set<number>();
  private readonly atWork = new Set<number>();
  private readonly assigned = new Set<number>();
  readonly handedIn = new Map<number, HandedIn['outcome'][]>();

  constructor() {
    const { rig } = this;
    rig.onEvent = (event) => {
      if (event.type !== 'begin') return;
      const { n: begun } = event.place;
      expect(this.begun).not.toContain(begun);
      this.begun.add(begun);
      this.atWork.add(begun);
      expect(this.atWork.size).toBeLessThanOrEqual(render.concurrency);
      expect(this.coresInUse).toBeLessThanOrEqual(capacity.cores);
    };
    rig.begin();
  }

  do(step: Step): void {
    const { rig } = this;
    switch (step.type) {
      case 'offer':
        rig.bench.received({
          ...{ type: 'offers', store },
          offers: [{ n: step.n, offer: 1, service: 'render', needs: this.needs(step), priority: 3 }],
        });
        break;
      case 'assign':
        this.assigned.add(step.n);
        rig.assign(task(step.n, { needs: this.needs(step), timeoutMs: step.n % 3 === 0 ? 2000 : 0 }));
        break;
      case 'end':
      case 'fail':
        this.atWork.delete(step.n);
        rig[step.type](step.n);
        break;
      case 'stop':
        rig.bench.received({ type: 'stop', store, items: [{ ...place(step.n), reason: 'cancelled' }] });
        break;
      case 'settle':
        // Only what was handed in.
        if (this.handedIn.has(step.n)) rig.settle(step.n);
        break;
      case 'pass':
        rig.pass(step.ms);
        break;
      case 'broker':
        rig.bench.brokerChanged(store);
        break;
      case 'drain':
        rig.bench.drain();
        break;
      case 'drain now':
        rig.bench.drain(1000);
        break;
      case 'resume':
        rig.bench.resume();
        break;
      default:
        rig.renews = step.type === 'speech';
    }
    this.listen();
  }

  /** Handlers return, and a last broker hears everything. @returns what was assigned and has not come to an end. */
  finish(): number[] {
    const { rig } = this;
    rig.renews = true;
    for (let round = 0; round < 20; round++) {
      rig.bench.brokerChanged(store);
      rig.bench.resume();
      this.listen();
      for (const each of [...this.atWork]) this.do({ type: 'end', n: each });
    }
    return [...this.assigned].filter((each) => !this.handedIn.has(each));
  }

  private needs({ n: of, cores }: { readonly n: number; readonly cores: number }): typeof anywhere {
    if (!this.cores.has(of)) this.cores.set(of, cores);
    return { ...anywhere, cores: this.cores.get(of) ?? 0 };
  }

  private get coresInUse(): number {
    return [...this.atWork].reduce((sum, each) => sum + (this.cores.get(each) ?? 0), 0);
  }

  private listen(): void {
    for (const message of this.rig.said()) {
      if (message.type !== 'ended') continue;
      for (const { n: of, outcome } of message.items)
        this.handedIn.set(of, [...(this.handedIn.get(of) ?? []), outcome]);
    }
  }
}

test('nothing begins twice or without room, and whatever was assigned is handed in, always with the same outcome', () => {
  void fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const run = new Run();
      for (const each of steps) run.do(each);
      expect(run.finish()).toEqual([]);
      for (const outcomes of run.handedIn.values()) expect(new Set(outcomes).size).toBe(1);
      expect(run.rig.bench.counts).toEqual({ running: 0, waiting: 0 });
    }),
    { numRuns: 1000 },
  );
});
