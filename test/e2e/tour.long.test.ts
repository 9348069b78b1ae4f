/**
 * What the README says around its two-machine tour: who is kept out, and how machines meet without broadcast.
 * Needs root, `ip` and `nft`; elsewhere it is skipped with the reason.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discoveryLimits } from '../../src/features/discovery/core/limits.ts';
import { commandsIn, Machines, sectionOf, tourOf, whyNoMachines } from './tour.ts';
import { expectJoined, take, up } from './tour-steps.ts';

const readme = sectionOf('README.md', 'Two machines');
const reason = whyNoMachines();
if (reason !== undefined) console.log(`skipped: around the tours on two machines: ${reason}`);

/** A command of the README's prose that has all of these words. */
function commandWith(...words: string[]): string {
  const found = commandsIn(readme).find((command) => words.every((word) => command.includes(word)));
  if (found === undefined) throw new Error(`the README has no command with ${words.join(' and ')}`);
  return found;
}

describe.skipIf(reason !== undefined)('two machines', () => {
  let machines: Machines;
  beforeEach(() => {
    machines = new Machines(['one', 'two', 'three']);
  });
  afterEach(() => machines.close());

  test('do not let in a third one that has another key, or none', async () => {
    await take(machines, readme);
    await expectJoined(machines, 'one', 'two');
    await machines.must('three', 'skein key new');
    await up(machines, 'three', 'skein up');
    const { exitCode, stderr } = await machines.run('three', 'skein status --wait --timeout 3s');
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/1 of 2|time/)]);
    expect(await machines.must('three', 'skein why')).toContain('sealed with another mesh key were heard');
    expect(await machines.must('one', 'skein why')).toContain('sealed with another mesh key were heard');
    await machines.must('three', 'skein down');
    const id = /[0-9a-f]{16}/.exec(await machines.must('three', 'skein key show'))?.[0];
    await machines.must('three', `skein key rm ${id} --last`);
    await up(machines, 'three', 'skein up');
    expect(await machines.must('three', 'skein status')).toMatch(/^security +no key: this machine only$/m);
    const dialed = await machines.run('three', `skein node dial one:7070`);
    expect(dialed).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/skein key new.*--insecure/) });
    expect(await machines.must('one', 'skein node ls')).not.toContain('three');
  });

  test('without broadcast: one names the other, and before that why says what was tried', async () => {
    for (const name of ['one', 'two'])
      await machines.firewall(name, 'policy accept', `udp dport ${discoveryLimits.discoveryPort} drop`);
    const [first, second, third, last] = tourOf(readme);
    for (const step of [first, second]) await machines.must(step?.machine as string, step?.command as string);
    const naming = commandWith('--listen', '--connect one:');
    await up(machines, 'one', `${third?.command} ${/--listen \S+/.exec(naming)?.[0]}`);
    await up(machines, 'two', last?.command as string);
    const { exitCode } = await machines.run('two', 'skein status --wait --timeout 3s');
    expect(exitCode).toBe(1);
    const told = await machines.must('two', commandWith('skein why'));
    expect(told).toMatch(/solicitations? on .*10\.77\.0\.255:7077.* unanswered/);
    expect(told).toContain('no node of namespace default heard');
    await machines.must('two', 'skein down');
    await up(machines, 'two', naming);
    await expectJoined(machines, 'two', 'one');
    await machines.must(
      'three',
      `skein key add < ${join(machines.homeOf('one'), '.config', 'skein', 'keys')}`,
    );
    await machines.firewall('three', 'policy accept', `udp dport ${discoveryLimits.discoveryPort} drop`);
    await up(machines, 'three', naming);
    // The rest is learned from it.
    await expectJoined(machines, 'three', 'one', 'two');
  });
});
