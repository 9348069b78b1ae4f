/**
 * `npm run sim:mutants`: plants faults in the code one at a time and demands that the simulator catches
 * each.
 *
 * A program of its own, run by `scripts/run.mjs`. Invariant: it exits with 1 when a mutant survives or no
 * longer applies, or when the code as it is fails a seed; no file but the table is written.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Bundles } from './bundle.ts';
import { mutants } from './catalog.ts';
import { problemOf } from './mutant.ts';
import { type Options, readOptions, usage } from './options.ts';
import { formatTable, type Row, readTable, rowOf } from './table.ts';
import { Trial, type Verdict } from './trial.ts';

const tableFile = 'docs/mutants.md';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), mutants);
  if (options === undefined) return console.log(usage);
  const problems = options.mutants.flatMap((mutant) => problemOf(mutant) ?? []);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const rows = new Map(keptRows().map((row) => [row.name, row]));
  let caught = 0;
  const trial = new Trial(new Bundles(), options.workers, {
    unfit: ({ seed, text, repeat }) => {
      process.exitCode = 1;
      console.error(`seed ${seed} fails without any mutant and judges none: ${text}; repeat with: ${repeat}`);
    },
    judged: (verdict) => {
      const row = judged(verdict, options);
      rows.set(row.name, row);
      if (verdict.caught !== undefined) caught++;
      else process.exitCode = 1;
      if (options.write) write(rows);
    },
  });
  await trial.run(options.mutants, options.seeds);
  console.log(`${caught} of ${options.mutants.length} mutants caught`);
}

function judged({ mutant, caught }: Verdict, { seeds }: Options): Row {
  const of = mutant.workload === undefined ? '' : ` of ${mutant.workload}${mutant.areShort ? ', short' : ''}`;
  const verdict = caught === undefined ? `SURVIVED ${seeds} seeds` : `seed ${caught.seed}${of}`;
  console.log(
    caught === undefined
      ? `${mutant.name}: ${verdict}`
      : `${mutant.name}: caught at ${verdict} by ${caught.text}`,
  );
  return rowOf(mutant, verdict, caught?.text ?? '');
}

/** Written after each verdict, so that a run that is stopped has lost nothing. */
function write(rows: ReadonlyMap<string, Row>): void {
  writeFileSync(tableFile, formatTable(mutants.flatMap(({ name }) => rows.get(name) ?? [])));
}

function keptRows(): Row[] {
  return existsSync(tableFile) ? readTable(readFileSync(tableFile, 'utf8')) : [];
}

// An exit, unlike a signal, takes the children and the bundles along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
