/** The judge of seeds, over small programs that pass, fail, hang, crash or do not start. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { judge } from './judge.ts';

const folder = mkdtempSync(join(tmpdir(), 'skein-judge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const patient = { seedLimitMs: 60_000 };

/** A program that does the same with its seeds as `run-seeds.ts`, but for what each run is. */
function program(name: string, run: string): string {
  const file = join(folder, `${name}.mjs`);
  const loop = `
    const print = (report) => process.stdout.write(JSON.stringify(report) + '\\n');
    for (const seed of process.argv[2].split(',').map(Number)) {
      print({ seed, state: 'begun' });
      const failure = (() => { ${run} })();
      if (failure === undefined) print({ seed, state: 'passed' });
      else print({ seed, state: 'failed', failure, repeat: 'again ' + seed });
      if (failure !== undefined && process.argv[3] !== 'all') break;
    }`;
  writeFileSync(file, loop);
  return file;
}

test('seeds that pass leave nothing to say', async () => {
  expect(await judge(program('passes', 'return undefined'), [1, 2, 3], patient)).toEqual([]);
  expect(await judge(program('unused', 'return "never run"'), [], patient)).toEqual([]);
});

test('the first failure ends it, with its first line and the command that repeats it', async () => {
  const bundle = program('fails', 'return seed % 2 === 0 ? "lost\\n  at stack" : undefined');
  expect(await judge(bundle, [1, 2, 3, 4], patient)).toEqual([{ seed: 2, text: 'lost', repeat: 'again 2' }]);
});

test('where all failures are asked for, it goes on', async () => {
  const bundle = program('fails-often', 'return seed % 2 === 0 ? "lost" : undefined');
  const failures = await judge(bundle, [1, 2, 3, 4], { ...patient, all: true });
  expect(failures.map(({ seed }) => seed)).toEqual([2, 4]);
});

test('a run that does not end is killed, and that is its failure', async () => {
  const bundle = program(
    'hangs',
    'if (seed === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
  );
  expect(await judge(bundle, [1, 2, 3], { seedLimitMs: 300 })).toEqual([
    { seed: 2, text: 'stood still: the run did not end within 0.3 s of real time', repeat: undefined },
  ]);
});

test('a process that ends within a run is the failure of that seed', async () => {
  const bundle = program('crashes', 'if (seed === 2) throw new Error("out of luck")');
  expect(await judge(bundle, [1, 2, 3], patient)).toEqual([
    { seed: 2, text: 'the process ended within the run: Error: out of luck', repeat: undefined },
  ]);
});

test('a program that does not start is no failure of the simulation', async () => {
  await expect(judge(join(folder, 'nothing.mjs'), [1], patient)).rejects.toThrow('it did not start');
});
