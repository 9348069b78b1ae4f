/** Tasks and orders as they travel to other processes, whose times are numbers. Loads no schemas: programs import it. */
import type { OrderOptions, TaskView } from '../api.ts';

/** Dates as they travel. */
type Timed<Item, Names extends keyof Item> = Omit<Item, Names> & { readonly [Name in Names]?: number };

export type WireOrder = Timed<Omit<OrderOptions, 'signal' | 'after' | 'memory'>, 'notBefore' | 'deadline'> & {
  readonly after?: readonly string[];
  readonly memory?: number;
};

export function orderOptionsOf({ notBefore, deadline, ...rest }: WireOrder): OrderOptions {
  return {
    ...rest,
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
    ...(deadline === undefined ? {} : { deadline: new Date(deadline) }),
  };
}

type ListedView = Omit<TaskView, 'why'>;
export type WireTask = Omit<ListedView, 'orderedAt' | 'startedAt' | 'endedAt'> & {
  readonly orderedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
};

export function wireTask<View extends ListedView>({ orderedAt, startedAt, endedAt, ...rest }: View) {
  return {
    ...rest,
    orderedAt: orderedAt.getTime(),
    ...(startedAt === undefined ? {} : { startedAt: startedAt.getTime() }),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.getTime() }),
  };
}

export function taskOf<Wire extends WireTask>({ orderedAt, startedAt, endedAt, ...rest }: Wire) {
  return {
    ...rest,
    orderedAt: new Date(orderedAt),
    ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt) }),
  };
}
