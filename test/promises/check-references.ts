/**
 * What is wrong with the claims of a document, one line each.
 *
 * Used by the tests of this folder. Invariant: an empty list means that every claim names a test (or
 * says `later`, where that is allowed), and that every named test exists once and is not skipped.
 */
import { type Claim, parseDocument, type Reference } from './claims.ts';
import { type FoundTest, matches, testsIn } from './test-names.ts';

export interface CheckOptions {
  /** The text of a file of the repository, undefined where there is none. */
  readonly read: (file: string) => string | undefined;
  /** What a row may leave to later: `later (NAME)`. Without it every claim needs a test. */
  readonly later?: ReadonlySet<string>;
}

export function problemsOf(document: string, text: string, options: CheckOptions): string[] {
  const { claims, footnotes } = parseDocument(text);
  const problems: string[] = [];
  const report = (line: number, problem: string) => void problems.push(`${document}:${line}: ${problem}`);
  const defined = new Set(footnotes.map(({ label }) => label));
  const used = new Set(claims.flatMap((claim) => claim.footnotes));
  for (const claim of claims) {
    for (const label of claim.footnotes)
      if (!defined.has(label)) report(claim.line, `no footnote [^${label}]`);
    const named = claim.references.length + claim.footnotes.length > 0;
    const problem = named ? undefined : problemWithout(claim, options.later);
    if (problem !== undefined) report(claim.line, problem);
  }
  for (const [index, { label, line, references }] of footnotes.entries()) {
    if (!used.has(label)) report(line, `nothing refers to [^${label}]`);
    if (references.length === 0) report(line, `[^${label}] names no test`);
    if (footnotes.findIndex((other) => other.label === label) !== index)
      report(line, `[^${label}] is there twice`);
  }
  const find = finder(options.read);
  for (const reference of [...claims, ...footnotes].flatMap(({ references }) => references)) {
    const problem = problemWith(reference, find);
    if (problem !== undefined) report(reference.line, problem);
  }
  return problems;
}

function problemWithout(
  { text, lastCell }: Claim,
  later: ReadonlySet<string> | undefined,
): string | undefined {
  const capability = /^later \(([^)]+)\)$/.exec(lastCell ?? '')?.[1];
  if (capability === undefined || later === undefined) return `names no test: ${text.trim().slice(0, 60)}`;
  return later.has(capability) ? undefined : `"${capability}" is none of ${[...later].join(', ')}`;
}

type Find = (file: string) => readonly FoundTest[] | undefined;

function finder(read: CheckOptions['read']): Find {
  const known = new Map<string, readonly FoundTest[] | undefined>();
  return (file) => {
    if (!known.has(file)) {
      const text = file.endsWith('.test.ts') ? read(file) : undefined;
      known.set(file, text === undefined ? undefined : testsIn(text));
    }
    return known.get(file);
  };
}

function problemWith({ file, names }: Reference, find: Find): string | undefined {
  const name = names.join(' › ');
  const tests = find(file);
  if (tests === undefined) return `${file} is no file of tests`;
  const exact = tests.filter((test) => matches(test, names) === 'exactly');
  const candidates = exact.length > 0 ? exact : tests.filter((test) => matches(test, names) !== undefined);
  const [test] = candidates;
  if (test === undefined) return `${file} has no test "${name}"`;
  if (candidates.length > 1) return `${file} has ${candidates.length} tests "${name}": name their group too`;
  return test.skipped ? `"${name}" in ${file} is skipped` : undefined;
}
