/** Sections of README.md on what the swarm keeps, typed line by line into a shell, or pasted into one. */
import { expect, test } from 'vitest';
import { pasteSection, typeSection } from './readme-shell.ts';

test.each(['Letters', 'Tasks'])('the section on %s shows what its commands print', async (heading) => {
  expect(await typeSection(heading)).toBeGreaterThan(8);
});

test('the section on tasks can be pasted in one go', async () => {
  const { shown, printed } = await pasteSection('Tasks');
  expect(shown).toHaveLength(3);
  expect(printed).toEqual(expect.arrayContaining(shown));
}, 60_000);
