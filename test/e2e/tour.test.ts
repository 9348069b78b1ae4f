/**
 * The two-machine tour of the README and that of SECURITY.md, word for word, on two machines that are network
 * namespaces; and what the README says around it. Needs root, `ip` and `nft`; elsewhere it is skipped with the
 * reason.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discoveryLimits } from '../../src/features/discovery/core/limits.ts';
import { Machines, sectionOf, tourOf, whyNoMachines } from './tour.ts';
import { expectJoined, take, up } from './tour-steps.ts';

const readme = sectionOf('README.md', 'Two machines');
const reason = whyNoMachines();
if (reason !== undefined) console.log(`skipped: the tours on two machines: ${reason}`);

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
    expect(/UDP broadcast on port (\d+)/.exec(readme)?.[1]).toBe(String(discoveryLimits.discoveryPort));
  });
});

describe.skipIf(reason !== undefined)('two machines', () => {
  let machines: Machines;
  beforeEach(() => {
    machines = new Machines(['one', 'two', 'three']);
  });
  afterEach(() => machines.close());

  test.each([
    ['README.md', 'Two machines'],
    ['SECURITY.md', 'One key, three minutes'],
  ])('are joined by what %s says, word for word, in well under three minutes', async (file, heading) => {
    const began = performance.now();
    expect(await take(machines, sectionOf(file, heading))).toHaveLength(2);
    await expectJoined(machines, 'one', 'two');
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
    for (const name of ['one', 'two']) await up(machines, name, 'skein up');
    await expectJoined(machines, 'one', 'two');
  });

  test('behind firewalls that let through what the README names', async () => {
    const listening = /`(--listen \S+)`/.exec(readme)?.[1] as string;
    const port = listening.split(':').at(-1);
    for (const name of ['one', 'two'])
      await machines.firewall(
        name,
        'policy drop',
        'iif lo accept',
        `udp dport ${discoveryLimits.discoveryPort} accept`,
        `tcp dport ${port} accept`,
        'ct state established accept',
      );
    await take(machines, readme.replace(/^(\w+\$ skein up)$/gm, `$1 ${listening}`));
    await expectJoined(machines, 'one', 'two');
  });

  test('one of them behind address translation, which says how it is reached', async () => {
    const flag = /`(--advertise) HOST:PORT`/.exec(readme)?.[1];
    await machines.translate('one', 8080, 7070);
    await machines.firewall('one', 'policy accept', 'ct status dnat accept', 'tcp dport 7070 drop');
    await machines.firewall('two', 'policy accept', 'tcp flags & (syn | ack) == syn drop');
    await take(machines, readme.replace(/^(one\$ skein up)$/m, `$1 --listen 0.0.0.0:7070 ${flag} one:8080`));
    await expectJoined(machines, 'one', 'two');
    expect(await machines.must('two', 'skein status')).toMatch(/^one +10\.77\.0\.1:8080 +out/m);
  });
});
