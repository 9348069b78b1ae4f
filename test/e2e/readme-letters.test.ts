/** The section of README.md on letters, typed line by line into a shell; ids, times and addresses stand for any. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { program, Site, startProgram } from './helpers.ts';
import { sectionOf } from './tour.ts';

interface Step {
  readonly command: string;
  readonly shown: string[];
}

function stepsOf(section: string): Step[] {
  const [, block = ''] = /^```\n(.*?)^```/ms.exec(section) ?? [];
  const steps: Step[] = [];
  for (const line of block.split('\n').filter((one) => one !== '')) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] });
    else steps.at(-1)?.shown.push(line);
  }
  return steps;
}

/** What is random, or of that day, in the README. */
const idShown = '4f1c20ab9d3e55b07c21a6e8f0d94b13';
const masks: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, 'TIME'],
  [/127\.0\.0\.1:\d+/g, 'ADDRESS'],
];
const masked = (text: string): string =>
  masks.reduce((left, [pattern, word]) => left.replace(pattern, word), text);

test('the section on letters shows what its commands print', async () => {
  await using site = await Site.open(undefined, { SKEIN_NAMESPACE: `readme-${process.pid}` });
  const bin = join(site.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'skein'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(bin, 'skein'), 0o755);
  const env = { ...site.environment(), PATH: `${bin}:${process.env.PATH}` };
  const steps = stepsOf(sectionOf('README.md', 'Letters'));
  expect(steps.length).toBeGreaterThan(10);
  let id = idShown;
  for (const { command, shown } of steps) {
    const [, name] = /^skein up --name (\w+) &$/.exec(command) ?? [];
    if (name !== undefined) {
      await site.up(name);
      continue;
    }
    const type = async (): Promise<string[]> => {
      const line = `cd '${site.folder}' && ${command.replace('4f1c ', `${id.slice(0, 8)} `)}`;
      const { exitCode, stdout, stderr } = await startProgram(['sh', '-c', line], { env, input: '' }).ended;
      expect([exitCode, stderr], command).toEqual([0, '']);
      if (command.includes('letter send')) id = stdout.trimEnd();
      return masked(stdout.trimEnd().replaceAll(id, idShown).replaceAll(id.slice(0, 8), '4f1c20ab')).split(
        '\n',
      );
    };
    const expected = shown.map((line) => spaced(masked(line)));
    // Who was here is written a moment later, and a letter that was watched may still be in hand.
    const isTable = command.includes('node ls');
    if (isTable) await expect.poll(async () => (await type()).map(spaced)).toEqual(expected);
    else {
      const lines = (await type()).map(spaced);
      expect(lines.slice(-Math.max(1, expected.length)), command).toEqual(
        expected.length === 0 ? lines.slice(-1) : expected,
      );
    }
  }
});

/** Columns are as wide as what is in them. */
function spaced(line: string): string {
  return line.replace(/ {2,}/g, '  ').trimEnd();
}
