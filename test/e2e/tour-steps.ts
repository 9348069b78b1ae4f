/**
 * What the tests of the tours do on their machines: take a section of a document, start a node, see who is joined.
 *
 * Used by the tests of the tours. Invariant: what a document shows is held against what is printed, line by line.
 */
import { expect } from 'vitest';
import { type Machines, tourOf } from './tour.ts';

/** What is typed, as it is typed; `skein up` goes on. @returns What each `skein up` printed when it was ready. */
export async function take(machines: Machines, section: string): Promise<string[]> {
  const ready: string[] = [];
  for (const { machine, command, shown } of tourOf(section)) {
    if (command.startsWith('skein up')) {
      ready.push(await up(machines, machine, command));
      continue;
    }
    const lines = (await machines.must(machine, command)).trimEnd().split('\n');
    for (const [i, line] of shown.entries())
      expect(lines[i]).toMatch(patternOf(line, machines.homeOf(machine)));
  }
  return ready;
}

/** Its `ready` line. */
export async function up(machines: Machines, machine: string, command: string): Promise<string> {
  const node = machines.start(machine, command);
  const first = await Promise.race([node.lines.next(), node.ended]);
  if (!('value' in first)) throw new Error(`${machine}$ ${command}: ${first.stderr}`);
  expect(first.value).toMatch(new RegExp(`^ready ${machine} \\S+:\\d+$`));
  return first.value as string;
}

export async function expectJoined(machines: Machines, ...names: string[]): Promise<void> {
  for (const name of names) {
    const status = await machines.must(name, `skein status --wait --count ${names.length} --timeout 20s`);
    expect(status).toMatch(/^security +TLS 1\.3, members with key [0-9a-f]{16}$/m);
  }
  const [first, second] = names;
  expect(await machines.must(first as string, `skein send ${second} hello`)).toContain(
    `${second}  delivered`,
  );
}

/** What the document shows, with its key and its home standing for whichever they are. */
function patternOf(shown: string, home: string): RegExp {
  const literal = shown
    .replace('/home/you', home)
    .split(/[0-9a-f]{16}/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${literal.join('[0-9a-f]{16}')}$`);
}
