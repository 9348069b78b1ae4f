/**
 * Who took part in which conversation at what time, read from the state of the store after each operation on it.
 *
 * Made by the conversations workload, which gives the simulated stores the model that this watches. Invariant: it notes what
 * is durable: an operation that was undone has changed nothing.
 */
import type { World } from '../../../sim/world/world.ts';
import type { Table } from '../../../stores/collections.ts';
import type { AnyStoreModel } from '../../../stores/model.ts';

interface Moment {
  /** World time since which it is so. */
  readonly at: number;
  /** Sorted. None: there is no such conversation. */
  readonly participants: readonly string[];
}

interface State {
  readonly conversations: Table<string, { readonly participants: readonly string[] }>;
}

type Act = (state: State, input: unknown, log: unknown) => unknown;

export class TalkHistory {
  private readonly world: World;
  private readonly moments = new Map<string, Moment[]>();

  constructor(world: World) {
    this.world = world;
  }

  /** All that was ever begun, in that order. */
  get ids(): string[] {
    return [...this.moments.keys()];
  }

  /** The same model, whose operations are noted. */
  watched(model: AnyStoreModel): AnyStoreModel {
    const operations = Object.entries(model.operations as Record<string, Act>).map(([verb, act]) => {
      const noted: Act = (state, input, log) => {
        const { id } = (input ?? {}) as { readonly id?: unknown };
        if (typeof id === 'string') {
          // What the operation before it has left: several are carried out in one event.
          this.note(state, id);
          // The store undoes what has failed within this event.
          this.world.after(0, () => this.note(state, id));
        }
        return act(state, input, log);
      };
      return [verb, noted];
    });
    return { ...model, operations: Object.fromEntries(operations) };
  }

  now(id: string): readonly string[] {
    return this.moments.get(id)?.at(-1)?.participants ?? [];
  }

  /** It was so at some moment of this time, both ends included. */
  wasEver(id: string, from: number, to: number, fits: (participants: readonly string[]) => boolean): boolean {
    const moments = [{ at: Number.NEGATIVE_INFINITY, participants: [] }, ...(this.moments.get(id) ?? [])];
    return moments.some(
      ({ at, participants }, i) =>
        at <= to && (moments[i + 1]?.at ?? Number.POSITIVE_INFINITY) >= from && fits(participants),
    );
  }

  private note({ conversations }: State, id: string): void {
    const participants = conversations.get(id)?.participants ?? [];
    if (participants.join(' ') === this.now(id).join(' ')) return;
    const moments = this.moments.get(id) ?? [];
    this.moments.set(id, moments);
    moments.push({ at: this.world.now, participants });
  }
}
