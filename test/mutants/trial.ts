/**
 * The trial of all mutants: round by round over more seeds, each round first over the code as it is.
 *
 * Who calls it: the main program. Invariant: a mutant is only judged by seeds that the code without it
 * passes, so that no failure of the product is taken for a catch.
 */
import type { Bundles } from './bundle.ts';
import { type Failure, judge } from './judge.ts';
import type { Mutant } from './mutant.ts';

export interface Verdict {
  readonly mutant: Mutant;
  /** Undefined: it survived. */
  readonly caught: Failure | undefined;
}

export interface TrialEvents {
  /** A seed that fails in the code as it is judges nobody. */
  readonly unfit: (failure: Failure) => void;
  readonly judged: (verdict: Verdict) => void;
}

/** Whose seeds judge. */
interface Kind {
  readonly workload: string | undefined;
  readonly areShort: boolean | undefined;
}

/** The last seed of each round: most are caught early, and need no more of the code as it is either. */
const roundEnds = [10, 40, Number.POSITIVE_INFINITY];
/** A run takes a second or two; one that takes this long gets nowhere. */
const seedLimitMs = 120_000;

export class Trial {
  private readonly bundles: Bundles;
  private readonly workers: number;
  private readonly events: TrialEvents;

  constructor(bundles: Bundles, workers: number, events: TrialEvents) {
    this.bundles = bundles;
    this.workers = workers;
    this.events = events;
  }

  async run(mutants: readonly Mutant[], seedsMax: number): Promise<void> {
    const asItIs = await this.bundles.make(undefined);
    const left = new Set(mutants);
    for (const { workload, areShort } of mutants) {
      const own = [...left].filter((each) => each.workload === workload && each.areShort === areShort);
      for (const mutant of own) left.delete(mutant);
      await this.runOf({ workload, areShort }, own, seedsMax, asItIs);
    }
  }

  /** Those that are judged by seeds of one workload, or of all. */
  private async runOf(
    kind: Kind,
    mutants: readonly Mutant[],
    seedsMax: number,
    asItIs: string,
  ): Promise<void> {
    let left = mutants;
    let from = 1;
    for (const end of roundEnds) {
      const to = Math.min(end, seedsMax);
      if (left.length === 0 || from > to) break;
      const seeds = await this.fitSeeds(asItIs, range(from, to), kind);
      left = await this.round(left, seeds, to === seedsMax);
      from = to + 1;
    }
  }

  private async fitSeeds(asItIs: string, seeds: readonly number[], kind: Kind): Promise<number[]> {
    const unfit = new Set<number>();
    await this.inParallel(shares(seeds, this.workers), async (share) => {
      for (const failure of await judge(asItIs, share, { all: true, seedLimitMs, ...kind })) {
        unfit.add(failure.seed);
        this.events.unfit(failure);
      }
    });
    return seeds.filter((seed) => !unfit.has(seed));
  }

  /** Who is left after it. */
  private async round(
    mutants: readonly Mutant[],
    seeds: readonly number[],
    last: boolean,
  ): Promise<Mutant[]> {
    const survivors: Mutant[] = [];
    await this.inParallel(mutants, async (mutant) => {
      const bundle = await this.bundles.make(mutant);
      const { workload, areShort } = mutant;
      const [caught] = await judge(bundle, seeds, { seedLimitMs, workload, areShort });
      if (caught === undefined) survivors.push(mutant);
      if (caught !== undefined || last) this.events.judged({ mutant, caught });
    });
    return mutants.filter((mutant) => survivors.includes(mutant));
  }

  private async inParallel<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
    const waiting = [...items];
    const work = async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
    };
    await Promise.all(Array.from({ length: this.workers }, work));
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Dealt out in turn. */
function shares(seeds: readonly number[], count: number): number[][] {
  return Array.from({ length: count }, (_, share) => seeds.filter((_seed, i) => i % count === share));
}
