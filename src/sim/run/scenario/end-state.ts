/**
 * What a scenario has come to, in a form that can be compared between worlds.
 *
 * Who calls it: the director makes it, the tests compare two. Invariant: it holds only what must be equal in
 * every run that went well: no times, no addresses, not which of several neighbors a node has.
 */
import { componentsOf, effectiveLinks } from './judge.ts';
import type { ScenarioMember } from './scenario.ts';
import type { Observation, ProgramView } from './stage.ts';

export interface MessageRecord {
  readonly label: string;
  readonly from: string;
  /** Members; undefined for a broadcast. */
  readonly to: readonly string[] | undefined;
  readonly at: number;
  /** `delivered` or the code of the error; undefined while it is on its way. */
  outcome: string | undefined;
  /** Without a receipt. */
  missing: readonly string[];
  deliveredCount: number;
}

/** What a scenario has come to: equal in every run that went well, in virtual time and with real processes. */
export interface EndState {
  /** By member name: how its program ended, and whom it knows. */
  readonly programs: Readonly<Record<string, EndedProgram>>;
  /** Names of each component of the network, by what both ends say. */
  readonly components: readonly (readonly string[])[];
  /** By label: what became of the message, and who received it how often. */
  readonly messages: Readonly<Record<string, EndedMessage>>;
}

interface EndedProgram {
  /** `running`, `paused`, `off`, or the code it ended with. */
  readonly state: string;
  /** Whom it knows. */
  readonly knows: readonly string[];
  /** It has as many links as it wants, or one to everybody. */
  readonly degreeMet: boolean;
}

interface EndedMessage {
  readonly outcome: string;
  readonly missing: readonly string[];
  /** Programs that got it, and how often. */
  readonly received: Readonly<Record<string, number>>;
}

export function endStateOf(
  seen: Observation,
  members: readonly ScenarioMember[],
  messages: ReadonlyMap<string, MessageRecord>,
): EndState {
  const lacking = new Set(lackingLinks(seen, members));
  const programs = [...seen].map(([name, program]) => [name, endedProgram(program, !lacking.has(name))]);
  return {
    programs: Object.fromEntries(programs),
    components: componentsOf(seen).sort((a, b) => a.join().localeCompare(b.join())),
    messages: Object.fromEntries([...messages].map(([label, record]) => [label, endedMessage(record, seen)])),
  };
}

/** Who runs with fewer links than its degree, though there is somebody left to link to. */
export function lackingLinks(seen: Observation, members: readonly ScenarioMember[]): string[] {
  const edges = effectiveLinks(seen);
  return members.flatMap(({ name, nodeName, degree }) => {
    const program = seen.get(name);
    if (program?.state !== 'running') return [];
    return (edges.get(nodeName)?.size ?? 0) < Math.min(degree, program.knows.size) ? [name] : [];
  });
}

/** One line for each difference; empty when the two are equal. */
export function compareEndStates(first: EndState, second: EndState): string[] {
  return [
    ...compareTables('', first.programs, second.programs),
    ...compareTables('message ', first.messages, second.messages),
    ...difference('components', first.components, second.components),
  ];
}

function endedProgram({ state, ended, knows }: ProgramView, degreeMet: boolean): EndedProgram {
  // A paused program cannot be asked, and what it knew may be old.
  return { state: ended ?? state, knows: state === 'running' ? [...knows].sort() : [], degreeMet };
}

function endedMessage(record: MessageRecord, seen: Observation): EndedMessage {
  const got = [...seen.values()].flatMap(({ name, received }) => {
    const times = received.get(record.label);
    return times === undefined ? [] : [[name, times] as const];
  });
  return {
    outcome: record.outcome ?? 'never resolved',
    missing: [...record.missing].sort(),
    received: Object.fromEntries(got),
  };
}

function compareTables(
  what: string,
  first: Readonly<Record<string, unknown>>,
  second: Readonly<Record<string, unknown>>,
): string[] {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  return names.flatMap((name) => difference(`${what}${name}`, first[name], second[name]));
}

function difference(what: string, first: unknown, second: unknown): string[] {
  const [one, other] = [JSON.stringify(first), JSON.stringify(second)];
  return one === other ? [] : [`${what}: ${one} and ${other}`];
}
