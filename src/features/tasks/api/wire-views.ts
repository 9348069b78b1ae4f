/** Tasks and orders as they travel to other processes, whose times are numbers. Loads no schemas: programs import it. */
import type { ListedTaskView, ManyOrder, OrderOptions, TaskPart } from '../api.ts';

/** Dates as they travel. */
type Timed<Item, Names extends keyof Item> = Omit<Item, Names> & { readonly [Name in Names]?: number };

type WireOptions = Timed<Omit<OrderOptions, 'signal' | 'after' | 'memory'>, 'notBefore' | 'deadline'>;

export type WirePart = Omit<TaskPart, 'service' | 'memory'> & {
  readonly service?: string;
  readonly idempotent?: boolean;
  readonly memory?: number;
};

export type WireOrder = WireOptions & {
  readonly after?: readonly string[];
  readonly memory?: number;
  readonly parts?: readonly WirePart[];
};

/** @param partOf Makes a part of one that has travelled. */
export function orderOptionsOf(
  { notBefore, deadline, parts, ...rest }: WireOrder,
  partOf: (part: WirePart) => TaskPart,
): OrderOptions & Pick<ManyOrder, 'parts'> {
  return {
    ...rest,
    ...(parts === undefined ? {} : { parts: parts.map(partOf) }),
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
    ...(deadline === undefined ? {} : { deadline: new Date(deadline) }),
  };
}

export type WireTask = Omit<ListedTaskView, 'orderedAt' | 'startedAt' | 'endedAt'> & {
  readonly orderedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
};

export function wireTask<View extends ListedTaskView>({ orderedAt, startedAt, endedAt, ...rest }: View) {
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
