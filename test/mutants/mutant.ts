/**
 * A mutant: one small, realistic slip in the product, as a substitution of text in one file.
 *
 * Who calls it: the bundler, which plants it, and the test that all of them still apply. Invariant: the
 * text to be replaced stands in its file exactly once, so that a mutant means the same for as long as it
 * applies; one that no longer does is told in one line, never skipped.
 */
import { readFileSync } from 'node:fs';

export interface Mutant {
  readonly name: string;
  /** What no longer holds, in one sentence. */
  readonly breaks: string;
  /** From the repository's root. */
  readonly file: string;
  /** The exact text. */
  readonly find: string;
  readonly replace: string;
  /** Judged by seeds of this workload. Undefined: by those of the whole swarm. */
  readonly workload?: string;
  /** Of the workload: by its short runs, of which the tests take the first ones. Default: by the longer ones. */
  readonly areShort?: boolean;
}

/** The file's text with the slip in it. @throws Error of one line when it no longer applies. */
export function plant(mutant: Mutant, source: string): string {
  const parts = source.split(mutant.find);
  if (parts.length !== 2) throw new Error(noLongerApplies(mutant));
  return parts.join(mutant.replace);
}

/** Why it can no longer be planted, in one line; undefined when it can. */
export function problemOf(mutant: Mutant): string | undefined {
  try {
    plant(mutant, readFileSync(mutant.file, 'utf8'));
    return undefined;
  } catch (error) {
    return isMissing(error) ? noLongerApplies(mutant) : (error as Error).message;
  }
}

function noLongerApplies({ name, file, find }: Mutant): string {
  const text = find.replace(/\s+/g, ' ').trim();
  return `mutant ${name} no longer applies: ${file} does not hold its text exactly once: ${text}`;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
