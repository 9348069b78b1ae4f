/**
 * A section of README.md, typed line by line into a shell or pasted into one; what is of one run alone stands for any.
 *
 * Used by the tests of sections. Invariant: each command is typed as it is in the document; what it starts in the background
 * is ended with the site.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { program, type RunningCommand, Site, type StartOptions, startProgram } from './helpers.ts';
import { sectionOf } from './tour.ts';

interface Step {
  readonly command: string;
  readonly shown: string[];
}

/** What is random, or of that day. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{32}\b/g, 'ID'],
  [/^[0-9a-f]{8}(?= )/, 'ID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, 'TIME'],
  [/127\.0\.0\.1:\d+/g, 'ADDRESS'],
  [/\b\d+(?:\.\d+)?(?:ms|s)\b/g, 'DURATION'],
  [/\b\d+%/g, 'SHARE'],
];

const idPattern = /^[0-9a-f]{32}$/;

/** Columns are as wide as what is in them. */
function masked(line: string): string {
  const text = masks.reduce((left, [pattern, word]) => left.replace(pattern, word), line);
  return text.replace(/ {2,}/g, '  ').trimEnd();
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function stepsOf(section: string): Step[] {
  const blocks = [...section.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  const [, , block = ''] = blocks.find(([, language]) => language === '') ?? [];
  const steps: Step[] = [];
  for (const line of linesOf(block)) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] });
    else steps.at(-1)?.shown.push(line);
  }
  return steps;
}

/** A site with the programs of a section, and `skein` among the commands of its shells. */
async function siteOf(section: string): Promise<Site> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const site = await Site.open(undefined, { SKEIN_NAMESPACE: `readme-${process.pid}` });
  const bin = join(site.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'skein'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(bin, 'skein'), 0o755);
  mkdirSync(join(site.folder, 'node_modules'));
  symlinkSync(root, join(site.folder, 'node_modules', 'skein'));
  for (const [, code = '', name = ''] of section.matchAll(/^```js\n(\/\/ (\S+\.mjs)\n.*?)^```/gms))
    writeFileSync(join(site.folder, name), code);
  return site;
}

function environmentOf(site: Site): NonNullable<StartOptions['env']> {
  return { ...site.environment(), PATH: `${join(site.folder, 'bin')}:${process.env.PATH}` };
}

/** What looks, until it shows what is written there. */
const looks = / (?:ls|services) /;

/**
 * Its first block without a language is pasted into a shell in one go, which ends where a command fails.
 * @returns What the commands print that do not only look, as it is written there; what they have printed.
 */
export async function pasteSection(heading: string): Promise<{ shown: string[]; printed: string[] }> {
  const section = sectionOf('README.md', heading);
  await using site = await siteOf(section);
  const steps = stepsOf(section);
  const last = 'all was typed';
  const input = [`cd '${site.folder}'`, ...steps.map(({ command }) => command), `echo '${last}'`, ''].join(
    '\n',
  );
  const shell = startProgram(['sh', '-e'], { env: environmentOf(site), input, alone: true });
  const printed: string[] = [];
  try {
    for await (const line of shell.lines) {
      if (line === last) break;
      printed.push(masked(line));
    }
  } finally {
    process.kill(-(shell.process.pid as number), 'SIGKILL');
  }
  const { stderr } = await shell.ended;
  const shown = steps.filter(({ command }) => !looks.test(command)).flatMap((step) => step.shown.map(masked));
  expect(stderr).toBe('');
  return { shown, printed };
}

/** Its first block without a language is typed; what a command shows is waited for. @returns how many were typed. */
export async function typeSection(heading: string): Promise<number> {
  const section = sectionOf('README.md', heading);
  await using site = await siteOf(section);
  const env = environmentOf(site);
  const steps = stepsOf(section);
  const background: RunningCommand[] = [];
  /** By ids of the document, those of this run. */
  const ids = new Map<string, string>();
  const typed = (command: string): string =>
    command.replace(/\b[0-9a-f]{4,32}\b/g, (word) => {
      const [, id] = [...ids].find(([shown]) => shown.startsWith(word)) ?? [];
      return id?.slice(0, Math.max(8, word.length)) ?? word;
    });
  try {
    for (const { command, shown } of steps) {
      const [, name] = /^skein up --name (\w+) &$/.exec(command) ?? [];
      const [, script, argument] = /^node (\S+) (\w+) &$/.exec(command) ?? [];
      if (name !== undefined) await site.up(name);
      else if (script !== undefined && argument !== undefined)
        background.push(
          startProgram([process.execPath, join(site.folder, script), argument], { env, input: '' }),
        );
      else {
        const type = async (): Promise<string[]> => {
          const line = `cd '${site.folder}' && ${typed(command)}`;
          const { exitCode, stdout, stderr } = await startProgram(['sh', '-c', line], { env, input: '' })
            .ended;
          expect([exitCode, stderr], command).toEqual([0, '']);
          const lines = linesOf(stdout).slice(-Math.max(1, shown.length));
          for (const [i, given] of shown.entries())
            if (idPattern.test(given) && idPattern.test(lines[i] ?? '')) ids.set(given, lines[i] as string);
          return lines.map(masked);
        };
        const wanted = shown.map(masked);
        // All else is typed once.
        if (looks.test(command)) await expect.poll(type, { timeout: 15_000 }).toEqual(wanted);
        else if (shown.length > 0) expect(await type(), command).toEqual(wanted);
        else await type();
      }
    }
  } finally {
    for (const running of background) running.process.kill('SIGKILL');
    await Promise.all(background.map(({ ended }) => ended));
  }
  return steps.length;
}
