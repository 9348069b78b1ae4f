/**
 * What a soak is asked to do, from the command line.
 *
 * Used by main.ts. Invariant: whatever makes no sense is an error of one line that names it; nothing has been
 * started by then.
 */
import { parseArgs } from 'node:util';

export interface SoakSettings {
  readonly minutes: number;
  readonly nodes: number;
  readonly namespaces: number;
  readonly seed: number;
  /** Where the whole result goes as JSON. */
  readonly json: string | undefined;
  /** Put the summary into docs/soak.md. */
  readonly write: boolean;
}

export const usage =
  'npm run soak -- [--minutes 30] [--nodes 40] [--namespaces 4] [--seed N] [--json FILE] [--write]';

/** @throws Error of one line. */
export function parseSettings(args: readonly string[], randomSeed: number): SoakSettings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '30' },
      nodes: { type: 'string', default: '40' },
      namespaces: { type: 'string', default: '4' },
      seed: { type: 'string', default: String(randomSeed) },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const nodes = whole('nodes', values.nodes, 2, 200);
  return {
    minutes: number('minutes', values.minutes, 1, 1440),
    nodes,
    namespaces: whole('namespaces', values.namespaces, 1, Math.min(16, nodes)),
    seed: whole('seed', values.seed, 0, 2 ** 32 - 1),
    json: values.json,
    write: values.write,
  };
}

export function number(name: string, text: string, min: number, max: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= min && value <= max) return value;
  throw new Error(`--${name} must be a number from ${min} to ${max}, not '${text}'`);
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = number(name, text, min, max);
  if (Number.isInteger(value)) return value;
  throw new Error(`--${name} must be a whole number, not '${text}'`);
}
