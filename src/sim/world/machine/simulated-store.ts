/**
 * A store on a simulated disk: it takes its time, runs out of room, loses the outcome of a commit, and dies with its
 * program.
 *
 * Made by the platform of a member that asks for one; another one is made on the same disk when the program starts
 * again. Invariant: of what was not reported when the program died a prefix is durable, in order and each operation
 * entirely: the world's randomness cuts anywhere, before the first, between any two, after the last.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { hexOf } from '../../../kernel/wire/bytes.ts';
import type { Entry } from '../../../stores/group.ts';
import { GroupedStore } from '../../../stores/grouped-store.ts';
import type { AnyStoreModel } from '../../../stores/model.ts';
import { type Outcome, StoreParts } from '../../../stores/parts.ts';
import type { SeededRandom } from '../random.ts';
import type { ScheduledEvent } from '../scheduled-event.ts';
import type { World } from '../world.ts';
import type { Disk } from './disk.ts';

export interface SimulatedStoreOptions {
  readonly world: World;
  readonly disk: Disk;
  readonly random: SeededRandom;
  readonly models: readonly AnyStoreModel[];
}

export class SimulatedStore extends GroupedStore {
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
      const outcomes = this.isLost() ? this.lose(group) : group.map((entry) => this.write(entry));
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
    const group = this.abandonAll();
    if (!isSyncing) return;
    const durable = random.integer(0, group.length);
    world.hash.text(`cut after ${durable} of ${group.length}`);
    for (const entry of group.slice(0, durable)) this.write(entry);
  }

  /** Only where it is asked for is anything drawn: other runs stay as they were. */
  private isLost(): boolean {
    const { disk, random } = this.options;
    return disk.failShare > 0 && random.chance(disk.failShare);
  }

  /** As a COMMIT that ends with an error: all of the group is durable, or nothing. */
  private lose(group: readonly Entry[]): Outcome[] {
    const { world, random } = this.options;
    const isDurable = random.chance(0.5);
    world.hash.text(`commit lost, durable: ${isDurable}`);
    const error = new SkeinError(
      'SKEIN_LOST',
      'the commit failed, and whether it is in the store is unknown',
    );
    return group.map((entry) => {
      const outcome: Outcome = isDurable ? this.write(entry) : { ok: false, error };
      return outcome.ok ? { ok: false, error } : outcome;
    });
  }

  private write({ feature, operation }: Entry): Outcome {
    return this.parts.execute(feature, operation, !this.options.disk.isFull);
  }
}
