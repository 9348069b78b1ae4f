/**
 * The two-machine tour of the README and that of SECURITY.md, word for word, on two machines that are network
 * namespaces; and what the README says around it. Needs root, `ip` and `nft`; elsewhere it is skipped with the
 * reason.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostLimits } from '../../src/host/limits.ts';
import { commandsIn, Machines, sectionOf, tourOf, whyNoMachines } from './tour.ts';

const readme = sectionOf('README.md', 'Two machines');
const reason = whyNoMachines();
if (reason !== undefined) console.log(`skipped: the tours on two machines: ${reason}`);

/** A command of the README's prose that has all of these words. */
function commandWith(...words: string[]): string {
  const found = commandsIn(readme).find((command) => words.every((word) => command.includes(word)));
  if (found === undefined) throw new Error(`the README has no command with ${words.join(' and ')}`);
  return found;
}

/** What the document shows, with its key and its home standing for whichever they are. */
function patternOf(shown: string, home: string): RegExp {
  const literal = shown
    .replace('/home/you', home)
    .split(/[0-9a-f]{16}/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${literal.join('[0-9a-f]{16}')}$`);
}

describe('what the documents say can be read', () => {
  test('as commands of machines and what they show', () => {
    expect(tourOf(readme).map(({ machine, command }) => `${machine}$ ${command}`)).toEqual(
      tourOf(sectionOf('SECURITY.md', 'One key, three minutes')).map(
        ({ machine, command }) => `${machine}$ ${command}`,
      ),
    );
    expect(tourOf('```\none$ a b\nshown\ntwo$ c\n```\n')).toEqual([
      { machine: 'one', command: 'a b', shown: ['shown'] },
      { machine: 'two', command: 'c', shown: [] },
    ]);
    expect(() => tourOf('no code')).toThrow('no commands');
    expect(() => sectionOf('README.md', 'Three machines')).toThrow('no section "Three machines"');
  });

  test('the port of discovery is the one that is used', () => {
    expect(/UDP broadcast on port (\d+)/.exec(readme)?.[1]).toBe(String(hostLimits.discoveryPort));
  });
});

// Ten programs start in each, one after the other.
describe.skipIf(reason !== undefined)('two machines', { timeout: 90_000 }, () => {
  let machines: Machines;
  beforeEach(() => {
    machines = new Machines(['one', 'two', 'three']);
  });
  afterEach(() => machines.close());

  /** What is typed, as it is typed; `skein up` goes on. */
  async function take(section: string): Promise<string[]> {
    const ready: string[] = [];
    for (const { machine, command, shown } of tourOf(section)) {
      if (command.startsWith('skein up')) {
        ready.push(await up(machine, command));
        continue;
      }
      const lines = (await machines.must(machine, command)).trimEnd().split('\n');
      for (const [i, line] of shown.entries())
        expect(lines[i]).toMatch(patternOf(line, machines.homeOf(machine)));
    }
    return ready;
  }

  /** Its `ready` line. */
  async function up(machine: string, command: string): Promise<string> {
    const node = machines.start(machine, command);
    const first = await Promise.race([node.lines.next(), node.ended]);
    if (!('value' in first)) throw new Error(`${machine}$ ${command}: ${first.stderr}`);
    expect(first.value).toMatch(new RegExp(`^ready ${machine} \\S+:\\d+$`));
    return first.value as string;
  }

  async function expectJoined(...names: string[]): Promise<void> {
    for (const name of names) {
      const status = await machines.must(name, `skein status --wait --count ${names.length} --timeout 20s`);
      expect(status).toMatch(/^security +TLS 1\.3, members with key [0-9a-f]{16}$/m);
    }
    const [first, second] = names;
    expect(await machines.must(first as string, `skein send ${second} hello`)).toContain(
      `${second}  delivered`,
    );
  }

  test.each([
    ['README.md', 'Two machines'],
    ['SECURITY.md', 'One key, three minutes'],
  ])('are joined by what %s says, word for word, in well under three minutes', async (file, heading) => {
    const began = performance.now();
    expect(await take(sectionOf(file, heading))).toHaveLength(2);
    await expectJoined('one', 'two');
    const seconds = (performance.now() - began) / 1000;
    console.log(`${file}: two machines joined in ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(60);
    for (const name of ['one', 'two']) {
      const keys = join(machines.homeOf(name), '.config', 'skein', 'keys');
      expect(statSync(keys).mode & 0o077).toBe(0);
    }
    expect(await machines.must('one', 'skein mesh show')).toContain('2 nodes, 1 link');
  });

  test('are joined as well by the command that skein key new prints', async () => {
    const [, printed = ''] = /^ {2}(ssh HOST .+)$/m.exec(await machines.must('one', 'skein key new')) ?? [];
    await machines.must('one', printed.replace('HOST', 'two'));
    for (const name of ['one', 'two']) await up(name, 'skein up');
    await expectJoined('one', 'two');
  });

  test('do not let in a third one that has another key, or none', async () => {
    await take(readme);
    await expectJoined('one', 'two');
    await machines.must('three', 'skein key new');
    await up('three', 'skein up');
    const { exitCode, stderr } = await machines.run('three', 'skein status --wait --timeout 3s');
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/1 of 2|time/)]);
    expect(await machines.must('three', 'skein why')).toContain('sealed with another mesh key were heard');
    expect(await machines.must('one', 'skein why')).toContain('sealed with another mesh key were heard');
    await machines.must('three', 'skein down');
    const id = /[0-9a-f]{16}/.exec(await machines.must('three', 'skein key show'))?.[0];
    await machines.must('three', `skein key rm ${id} --last`);
    await up('three', 'skein up');
    expect(await machines.must('three', 'skein status')).toMatch(/^security +no key: this machine only$/m);
    const dialed = await machines.run('three', `skein node dial one:7070`);
    expect(dialed).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/skein key new.*--insecure/) });
    expect(await machines.must('one', 'skein node ls')).not.toContain('three');
  });

  test('behind firewalls that let through what the README names', async () => {
    const listening = /`(--listen \S+)`/.exec(readme)?.[1] as string;
    const port = listening.split(':').at(-1);
    for (const name of ['one', 'two'])
      await machines.firewall(
        name,
        'policy drop',
        'iif lo accept',
        `udp dport ${hostLimits.discoveryPort} accept`,
        `tcp dport ${port} accept`,
        'ct state established accept',
      );
    await take(readme.replace(/^(\w+\$ skein up)$/gm, `$1 ${listening}`));
    await expectJoined('one', 'two');
  });

  test('one of them behind address translation, which says how it is reached', async () => {
    const flag = /`(--advertise) HOST:PORT`/.exec(readme)?.[1];
    await machines.translate('one', 8080, 7070);
    await machines.firewall('one', 'policy accept', 'ct status dnat accept', 'tcp dport 7070 drop');
    await machines.firewall('two', 'policy accept', 'tcp flags & (syn | ack) == syn drop');
    await take(readme.replace(/^(one\$ skein up)$/m, `$1 --listen 0.0.0.0:7070 ${flag} one:8080`));
    await expectJoined('one', 'two');
    expect(await machines.must('two', 'skein status')).toMatch(/^one +10\.77\.0\.1:8080 +outgoing/m);
  });

  test('without broadcast: one names the other, and before that why says what was tried', async () => {
    for (const name of ['one', 'two'])
      await machines.firewall(name, 'policy accept', `udp dport ${hostLimits.discoveryPort} drop`);
    const [first, second, third, last] = tourOf(readme);
    for (const step of [first, second]) await machines.must(step?.machine as string, step?.command as string);
    const naming = commandWith('--listen', '--connect one:');
    await up('one', `${third?.command} ${/--listen \S+/.exec(naming)?.[0]}`);
    await up('two', last?.command as string);
    const { exitCode } = await machines.run('two', 'skein status --wait --timeout 3s');
    expect(exitCode).toBe(1);
    const told = await machines.must('two', commandWith('skein why'));
    expect(told).toMatch(/solicitations? on .*10\.77\.0\.255:7077.* unanswered/);
    expect(told).toContain('no node of namespace default heard');
    await machines.must('two', 'skein down');
    await up('two', naming);
    await expectJoined('two', 'one');
    await machines.must(
      'three',
      `skein key add < ${join(machines.homeOf('one'), '.config', 'skein', 'keys')}`,
    );
    await machines.firewall('three', 'policy accept', `udp dport ${hostLimits.discoveryPort} drop`);
    await up('three', naming);
    // The rest is learned from it.
    await expectJoined('three', 'one', 'two');
  });
});
