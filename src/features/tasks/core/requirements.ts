/** What a task needs of the worker that runs it, and what a worker has. */
import { nameProblem } from '../../../kernel/identity.ts';
import { taskLimits } from './limits.ts';

/** A kind of resource, and how many units of it. */
export type Units = readonly [kind: string, count: number];

/** Words and kinds are sorted and each is there once. */
export interface Requirements {
  /** 0: it says nothing of it. */
  readonly cores: number;
  /** Bytes; 0: it says nothing of it. */
  readonly memory: number;
  readonly software: readonly string[];
  readonly resources: readonly Units[];
  /** The only node that may run it; empty: any. */
  readonly node: string;
  /** Nodes that may not. */
  readonly not: readonly string[];
}

/** What the tasks of one worker share. Words and kinds are sorted and each is there once. */
export interface Capacity {
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly software: readonly string[];
  readonly resources: readonly Units[];
}

/** What a machine has, as far as it is known. */
export interface MachineRoom {
  readonly cores: number;
  readonly freeMemoryBytes: number;
}

/**
 * What the node has for all its tasks: of all that its services say that which is the most; what none of them says is what
 * the machine had as the node began to work.
 */
export function capacityOf(
  said: readonly Partial<Capacity>[],
  { cores, freeMemoryBytes }: MachineRoom,
): Capacity {
  const most = (name: 'cores' | 'memory', otherwise: number): number => {
    const values = said.flatMap((each) => each[name] ?? []);
    return values.length === 0 ? otherwise : Math.max(...values);
  };
  const units = new Map<string, number>();
  for (const [kind, count] of said.flatMap(({ resources }): readonly Units[] => resources ?? []))
    units.set(kind, Math.max(count, units.get(kind) ?? 0));
  const { taskUnitsMax, taskMemoryMax } = taskLimits;
  return {
    cores: most('cores', Math.min(cores, taskUnitsMax)),
    memory: most('memory', Math.min(Math.floor(freeMemoryBytes), taskMemoryMax)),
    software: [...new Set(said.flatMap(({ software }) => software ?? []))].sort(),
    resources: [...units].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** A service that a worker runs. */
export interface Offered {
  readonly service: string;
  /** Tasks of it that the worker runs at a time. */
  readonly concurrency: number;
  /** Tasks of it that may wait in the worker's own queue besides. */
  readonly queue: number;
  /** To run one twice does no harm. */
  readonly isIdempotent: boolean;
}

/** Of what any worker can run. */
export const noRequirements: Requirements = {
  cores: 0,
  memory: 0,
  software: [],
  resources: [],
  node: '',
  not: [],
};

const word = /^[A-Za-z0-9._-]{1,64}$/;

/** A word, as software and kinds of resources are named. */
export function isWord(value: unknown): value is string {
  return typeof value === 'string' && word.test(value);
}

/** What another node has written as JSON, checked; undefined: it is no requirements. Absent fields say nothing. */
export function requirementsOf(json: unknown): Requirements | undefined {
  if (json === undefined || json === null) return noRequirements;
  if (typeof json !== 'object') return undefined;
  const given = { ...noRequirements, ...json } as Record<keyof Requirements, unknown>;
  const { cores, memory, software, resources, node, not } = given;
  const { taskUnitsMax, taskMemoryMax, taskWordsMax, taskNotNodesMax } = taskLimits;
  const isUnits = (units: unknown): units is Units =>
    Array.isArray(units) && units.length === 2 && isWord(units[0]) && isCount(units[1], taskUnitsMax, 1);
  const isRight =
    isCount(cores, taskUnitsMax) &&
    isCount(memory, taskMemoryMax) &&
    isListOf(software, taskWordsMax, isWord) &&
    isListOf(resources, taskWordsMax, isUnits) &&
    typeof node === 'string' &&
    (node === '' || nameProblem(node) === undefined) &&
    isListOf(not, taskNotNodesMax, (name) => nameProblem(name) === undefined);
  return isRight ? ({ cores, memory, software, resources, node, not } as Requirements) : undefined;
}

function isCount(value: unknown, max: number, min = 0): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

function isListOf(value: unknown, max: number, check: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= max && value.every(check);
}
