/** Jobs of an interactive shell. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Site } from './helpers.ts';
import { inTerminal, noTerminal, skein } from './in-terminal.ts';

test('a channel of a job in the background ends when all has come: it does not wait for the terminal', async ({
  skip,
}) => {
  if (noTerminal !== undefined) skip(noTerminal);
  await using site = await Site.open();
  const [archive, copy] = [join(site.folder, 'archive'), join(site.folder, 'copy')];
  const bytes = randomBytes(100_000);
  writeFileSync(archive, bytes);
  await site.up('a');
  await site.up('c');
  await site.must('status', '--wait', '--count', '2', '--node', 'a');
  const line = [
    `${skein} pair --listen --node c > ${copy} &`,
    // The other end may ask before this one listens.
    `until ${skein} pair c --node a < ${archive}; do sleep 0.2; done`,
    'wait; echo over',
  ].join('\n');
  const { stdout } = await inTerminal(site, line).ended;
  expect(stdout).toContain('over');
  expect(stdout).not.toContain('Stopped');
  expect(readFileSync(copy).equals(bytes)).toBe(true);
});
