/** Sections of README.md on what the swarm keeps, typed line by line into a shell. */
import { expect, test } from 'vitest';
import { typeSection } from './readme-shell.ts';

test.each(['Letters', 'Tasks'])('the section on %s shows what its commands print', async (heading) => {
  expect(await typeSection(heading)).toBeGreaterThan(8);
});
