/** The mutants apply to the source of today, and the kept table lists exactly them, each caught. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutants } from './catalog.ts';
import { type Mutant, plant, problemOf } from './mutant.ts';
import { readOptions } from './options.ts';
import { formatTable, readTable, rowOf } from './table.ts';

const seedsMax = 200;
const example: Mutant = {
  name: 'example',
  breaks: 'nothing',
  file: 'src/none.ts',
  find: 'a\n b',
  replace: 'c',
};

test('every mutant applies to the source of today', () => {
  expect(mutants.flatMap((mutant) => problemOf(mutant) ?? [])).toEqual([]);
});

test('no two mutants have one name, and there are at least 20', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThanOrEqual(20);
});

test('docs/mutants.md lists exactly the mutants', () => {
  const rows = existsSync('docs/mutants.md') ? readTable(readFileSync('docs/mutants.md', 'utf8')) : [];
  const listed = rows.map(({ name, file, breaks }) => ({ name, file, breaks }));
  expect(listed).toEqual(mutants.map(({ name, file, breaks }) => ({ name, file, breaks })));
});

test(`each was caught within ${seedsMax} seeds`, () => {
  const rows = readTable(readFileSync('docs/mutants.md', 'utf8'));
  const late = rows.filter(
    ({ verdict }) => !(Number(/^seed (\d+)( of \S+?(, short)?)?$/.exec(verdict)?.[1]) <= seedsMax),
  );
  expect(late.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual([]);
});

test('text that is gone, or there twice, is told in one line with the file', () => {
  const told = 'mutant example no longer applies: src/none.ts does not hold its text exactly once: a b';
  expect(plant(example, 'x a\n b y')).toBe('x c y');
  expect(() => plant(example, 'x')).toThrow(told);
  expect(() => plant(example, 'a\n b a\n b')).toThrow(told);
  expect(problemOf(example)).toBe(told);
});

test('a slip in a dollar sign is planted as it is written', () => {
  expect(plant({ ...example, find: 'a', replace: "$& $' $1" }, 'xay')).toBe("x$& $' $1y");
});

test('a table is read back as it was written', () => {
  const rows = [
    rowOf(example, 'seed 7', 'at 1 ms: `a | b`\nsecond line'),
    rowOf(example, 'SURVIVED 200 seeds', ''),
  ];
  expect(readTable(formatTable(rows))).toEqual(rows);
});

test('what makes no sense on the command line is named', () => {
  expect(() => readOptions(['--only', 'nobody'], [example])).toThrow(
    '--only: there is no mutant "nobody"; there are example',
  );
  expect(() => readOptions(['--seeds', '0'], [example])).toThrow(
    '--seeds: "0" is not a whole number from 1 to 100000',
  );
  expect(() => readOptions(['--workers', 'x'], [example])).toThrow(
    '--workers: "x" is not a whole number from 1 to 16',
  );
  expect(readOptions(['--only', 'example', '--seeds', '3'], [example])).toEqual({
    mutants: [example],
    seeds: 3,
    workers: 2,
    write: false,
  });
});
