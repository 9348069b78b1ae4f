/**
 * The table of mutants as it is kept in `docs/mutants.md`: written from verdicts, read back to keep the
 * rows of those that were not judged this time.
 *
 * Who calls it: the main program and the test that it lists exactly the mutants. Invariant: what is
 * written is read back the same.
 */
import type { Mutant } from './mutant.ts';

export interface Row {
  readonly name: string;
  readonly file: string;
  readonly breaks: string;
  /** `seed 7`, or `SURVIVED 200 seeds`. */
  readonly verdict: string;
  /** The first failure of that seed; empty where it survived. */
  readonly failure: string;
}

const failureLengthMax = 180;

const head = `# Mutants

Each row is one small slip, planted in the code alone, and the seed of the swarm whose run failed for it; \`of\` names the workload where it is a seed of one (\`npm run sim:swarm -- --workload NAMES\`), and \`short\` says that it is one of the short ones (\`--short\`). A checker that never fails proves nothing: this is the proof that the simulator's can.

Repeat with \`npm run sim:mutants\` (all of them), \`npm run sim:mutants -- --only no-dedup\` (one). The mutants are in \`test/mutants\`; this file is written by \`npm run sim:mutants -- --write\`.

| mutant | in | what it breaks | caught by | first failure |
|---|---|---|---|---|
`;

export function formatTable(rows: readonly Row[]): string {
  return head + rows.map(formatRow).join('');
}

export function readTable(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
    const [, name = '', file = '', breaks = '', verdict = '', failure = ''] = cells;
    if (cells.length !== 7 || name === 'mutant' || name.startsWith('---')) return [];
    return [{ name: bare(name), file: bare(file), breaks, verdict, failure }];
  });
}

export function rowOf(mutant: Mutant, verdict: string, failure: string): Row {
  const { name, file, breaks } = mutant;
  return { name, file, breaks, verdict, failure: shortened(failure) };
}

function formatRow({ name, file, breaks, verdict, failure }: Row): string {
  const cells = [`\`${name}\``, `\`${file}\``, breaks, verdict, failure];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

function bare(cell: string): string {
  return cell.replace(/^`(.*)`$/, '$1');
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= failureLengthMax ? line : `${line.slice(0, failureLengthMax - 3).trim()}...`;
}
