/** `skein sim FILE` as a person uses it: a report, a picture, a seed, and one line for what makes no sense. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Site } from './helpers.ts';

const crash = fileURLToPath(new URL('../../examples/scenarios/crash.json', import.meta.url));
let site: Site;

beforeAll(async () => {
  site = await Site.open();
});
afterAll(() => site.close());

const fileWith = (name: string, content: unknown): string => {
  const file = join(site.folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};

describe('a scenario', () => {
  test('is played and told line by line, with the command that repeats it', async () => {
    const { exitCode, stdout } = await site.run(['sim', crash]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^a crash: 5 nodes, seed 1$/m);
    expect(stdout).toMatch(/^ +\d+\.\d{3} s {3}crash n3$/m);
    expect(stdout).toMatch(/^ +\d+\.\d{3} s \+ together all, running .* \(\d+ ms\)$/m);
    expect(stdout).toMatch(/^crash n3 \(at [\d.]+ s\): known to all after \d+ ms$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`repeat with: skein sim ${crash} --seed 1`);
  });

  test('is the same for the same seed, byte for byte', async () => {
    const [first, again, other] = await Promise.all(
      ['7', '7', '8'].map((seed) => site.must('sim', crash, '--seed', seed)),
    );
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test('is JSON for programs, and a picture', async () => {
    const svg = join(site.folder, 'run.svg');
    const report = await site.json<{ failures: string[]; end: { programs: object } }>(
      'sim',
      crash,
      '--svg',
      svg,
    );
    expect(report.failures).toEqual([]);
    expect(Object.keys(report.end.programs)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg xmlns=[\s\S]*<\/svg>\n$/);
  });

  test('that fails ends with exit code 1, and its last line repeats it', async () => {
    const file = fileWith('wrong.json', {
      nodes: 2,
      steps: [{ start: 'all' }, { expect: { components: 2 }, within: '2s', for: '9s' }],
    });
    const { exitCode, stdout } = await site.run(['sim', file]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /FAILED: 1 failure\n {2}steps\[1\] at .*\nrepeat with: skein sim .*wrong\.json --seed 1\n$/,
    );
  });
});

test('a random run can be drawn as well', async () => {
  const svg = join(site.folder, 'random.svg');
  await site.must('sim', '--nodes', '4', '--minutes', '0.2', '--svg', svg);
  expect(readFileSync(svg, 'utf8')).toContain('A random run of 4 nodes');
});

describe('what makes no sense is told in one line', () => {
  test.each<[string, () => string[], RegExp]>([
    [
      'a file that is not there',
      () => ['nowhere.json'],
      /^skein: nowhere\.json: cannot be read: there is no such file/,
    ],
    ['a folder', () => [site.folder], /cannot be read: it is a folder/],
    ['no JSON', () => [fileWith('text.json', 'hello')], /text\.json: no JSON: /],
    [
      'a wrong value',
      () => [fileWith('a.json', { nodes: 2, steps: [{ crash: 'n7' }] })],
      /a\.json: steps\[0\]\.crash: there is no "n7"/,
    ],
    ['a seed that is none', () => [crash, '--seed', '-3'], /--seed.*Expected a whole number from 0/],
    ['a seed with a fraction', () => ['--seed', '1.5'], /Expected a whole number from 0/],
    [
      'an option of random runs',
      () => [crash, '--nodes', '9'],
      /^skein: --nodes is for random runs; a scenario says it itself/,
    ],
    ['a start that is none', () => ['--start', 'hot'], /start: "hot" is none of cold/],
    [
      'a picture nowhere',
      () => [crash, '--svg', join(site.folder, 'no', 'such.svg')],
      /^skein: --svg: .* cannot be written: there is no such file/,
    ],
  ])('%s', async (_what, args, line) => {
    const { exitCode, stdout, stderr } = await site.run(['sim', ...args()]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(existsSync(join(site.folder, 'no'))).toBe(false);
  });
});
