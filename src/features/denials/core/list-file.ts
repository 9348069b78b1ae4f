/**
 * The text of the file in which a machine keeps the list of denials, so that it counts at the next start, also where nobody else is there.
 *
 * Read and written by the denials' behavior. Invariant: a text that is none is named, and nothing is made of it.
 */
import { type Denial, denialOf } from './denial.ts';
import { denialLimits } from './limits.ts';

/** The file, as the host has it. Several nodes of one machine and namespace share it. */
export interface DenialFile {
  /** For messages. */
  readonly path: string;
  /** Undefined: there is none. @throws Error that says why it cannot be read. */
  read(): string | undefined;
  /** All of it, in one step, and so that it lasts. @throws Error that says why not. */
  write(text: string): void;
}

const countMax = denialLimits.denialsMax + denialLimits.denialsTakenBackMax;

export function textOf(denials: readonly Denial[]): string {
  return `${JSON.stringify({ version: 1, denials }, undefined, 1)}\n`;
}

/** @throws Error for a text that is no list of denials. */
export function denialsIn(text: string): readonly Denial[] {
  const { version, denials } = (JSON.parse(text) ?? {}) as { version?: unknown; denials?: unknown };
  if (version !== 1) throw new Error(`it is of version ${String(version)}, and this program knows 1`);
  if (!Array.isArray(denials) || denials.length > countMax)
    throw new Error(`it holds no list of at most ${countMax} denials`);
  return denials.map((each, i) => {
    const denial = denialOf(each);
    if (denial === undefined) throw new Error(`its denial ${i + 1} does not fit`);
    return denial;
  });
}
