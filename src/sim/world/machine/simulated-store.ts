/**
 * A store on a simulated disk: it takes its time, runs out of room, and dies with its program.
 *
 * Made by the platform of a member that asks for one; another one is made on the same disk when the program starts
 * again. Invariant: of what was not reported when the program died a prefix is durable, in order and each operation
 * entirely: the world's randomness cuts anywhere, before the first, between any two, after the last.
 */
import { hexOf } from '../../../kernel/wire/bytes.ts';
import type { AnyStoreModel } from '../../../stores/model.ts';
import { type Entry, OrderedStore } from '../../../stores/ordered-store.ts';
import { type Outcome, StoreParts } from '../../../stores/parts.ts';
import type { ScheduledEvent } from '../event-heap.ts';
import type { SeededRandom } from '../random.ts';
import type { World } from '../world.ts';
import type { Disk } from './disk.ts';

export interface SimulatedStoreOptions {
  readonly world: World;
  readonly disk: Disk;
  readonly random: SeededRandom;
  readonly models: readonly AnyStoreModel[];
}

export class SimulatedStore extends OrderedStore {
  private readonly options: SimulatedStoreOptions;
  private readonly parts: StoreParts;
  private syncing: ScheduledEvent | undefined;

  constructor(options: SimulatedStoreOptions) {
    super();
    this.options = options;
    const newId = (): string => hexOf(options.random.fork('store id').bytes(16));
    this.parts = new StoreParts(options.models, options.disk.content, newId);
  }

  protected override commit(group: readonly Entry[], done: (outcomes: readonly Outcome[]) => void): void {
    const { world, disk, random } = this.options;
    this.syncing = world.after(disk.syncMs(random), () => {
      this.syncing = undefined;
      world.hash.text(`sync of ${group.length}`);
      const outcomes = group.map((entry) => this.write(entry));
      world.touchProgram();
      done(outcomes);
    });
  }

  /** Its program is killed. Nothing is reported any more; part of the group on its way has reached the disk. */
  crash(): void {
    const { world, random } = this.options;
    const isSyncing = this.syncing !== undefined;
    world.cancel(this.syncing);
    this.syncing = undefined;
    const group = this.abandon();
    if (!isSyncing) return;
    const durable = random.integer(0, group.length);
    world.hash.text(`cut after ${durable} of ${group.length}`);
    for (const entry of group.slice(0, durable)) this.write(entry);
  }

  private write({ feature, operation }: Entry): Outcome {
    return this.parts.execute(feature, operation, !this.options.disk.isFull);
  }
}
