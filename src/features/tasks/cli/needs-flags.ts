/**
 * The flags that say what a task needs of its worker, and lists in flags. Who calls it: `task order` and `worker ls`.
 *
 * Invariant: what fits no schema is refused here with its flag and value, before a node is asked.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { countOption } from '../../../cli/kit/command.ts';
import { requirements } from '../api/check-options.ts';

/** A kind, and how many units of it. */
type Units = readonly [kind: string, count: number];

export interface NeedsFlags {
  readonly cores?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly software?: readonly string[];
  readonly resource?: readonly Units[];
}

export function withNeeds(built: Command): Command {
  return built
    .option('--cores <n>', 'cores that it keeps busy', countOption)
    .option('--memory <size>', 'memory that it needs: bytes, or such as 512M or 8G', memoryOption)
    .option('--software <word>', 'what the worker must have installed (repeatable)', severalOption)
    .option('--resource <kind=n>', 'units that it needs, such as gpu=1 (repeatable)', resourceOption);
}

/** As the operations take them. */
export function needsOf({ cores, memory, software, resource }: NeedsFlags) {
  return {
    ...(cores === undefined ? {} : { cores }),
    ...(memory === undefined ? {} : { memory }),
    ...(software === undefined ? {} : { software: [...software] }),
    ...(resource === undefined ? {} : { resources: Object.fromEntries(resource) }),
  };
}

/** An option that may come several times, and holds several values with commas between them. */
export function severalOption(text: string, before: readonly string[] = []): readonly string[] {
  const given = text.split(',').map((value) => value.trim());
  if (given.includes('')) throw new InvalidArgumentError('Expected one or more, with commas between them.');
  return [...before, ...given];
}

function memoryOption(text: string): number {
  try {
    return requirements('', { memory: text }).memory;
  } catch {
    throw new InvalidArgumentError('Expected bytes, or a size such as 512M or 8G.');
  }
}

function resourceOption(text: string, before: readonly Units[] = []): readonly Units[] {
  const [, kind, count] = /^([A-Za-z0-9._-]{1,64})=([1-9]\d{0,8})$/.exec(text) ?? [];
  if (kind === undefined) throw new InvalidArgumentError('Expected KIND=N, such as gpu=1.');
  if (before.some(([other]) => other === kind))
    throw new InvalidArgumentError(`${kind} is there twice: give each kind once.`);
  return [...before, [kind, Number(count)]];
}
