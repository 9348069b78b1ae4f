/**
 * A run: a fleet under load whose brokers, senders and recipients are killed by turns, as it is or with a fault.
 *
 * Used by `npm run torture:letters` and the tests. Invariant: between two kills letters are stored and handled, so that
 * each kill meets work under way; a fleet that makes no progress has failed.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../../src/sim/world/random.ts';
import { freeTcpPorts } from '../../free-ports.ts';
import { Fleet } from '../fleet.ts';
import { linesOf, type Tried, unseen } from '../frame.ts';
import { buildProgram, inTrialFolder } from '../product.ts';
import type { KillFault } from './faults.ts';
import { type Findings, judge, owed, readStore } from './judge.ts';
import { type MemberWork, type Role, roles } from './settings.ts';

export interface KillSettings {
  readonly seed: number;
  readonly kills: number;
}

export interface KillTrial extends Findings, Tried {
  readonly fault: KillFault | undefined;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly seconds: number;
}

const victims = ['broker', 'sender', 'recipient'] as const;
type Victim = (typeof victims)[number];

/** Of what members have written, between two kills: some tens of letters. */
const progressBytes = 4000;
const lookMs = 20;
/** After that: kills come at any moment of what goes on. */
const laterMsMax = 200;
/** Until one that was killed starts again. */
const awayMsMax = 1000;
/** Without any progress. */
const patienceMs = 60_000;
/** For letters that a planted fault has taken away. */
const faultPatienceMs = 10_000;
const failuresShown = 5;

export function killFleet(fault: KillFault | undefined, settings: KillSettings): Promise<KillTrial> {
  return inTrialFolder('kills', fault, async ({ folder, program, home }) => {
    const begun = performance.now();
    const memberProgram = await buildProgram('test/torture/letters/member.ts', program);
    const store = join(folder, 'swarm.sqlite');
    const formation = [`tcp://127.0.0.1:${(await freeTcpPorts(1))[0]}`];
    const recipients = Object.keys(roles).filter((name) => roles[name]?.startsWith('recipient'));
    const common = { namespace: `kills-${process.pid}`, formation, store, recipients };
    const fleet = new Fleet({
      ...{ folder, home, roles },
      launch: (member) => {
        const work: MemberWork = { ...member, ...common };
        return { program: memberProgram, args: [JSON.stringify(work)] };
      },
    });
    const end = (): void => fleet.end();
    process.once('exit', end);
    try {
      const kills = await storm(fleet, settings);
      const unfinished = await calm(fleet, fault === undefined ? patienceMs : faultPatienceMs);
      const findings = judge(fleet.diaries(), readStore(store), fleet.named('recipient with dedup'));
      const problems = [...unfinished, ...findings.problems];
      const seconds = Math.round((performance.now() - begun) / 1000);
      return { ...findings, problems, fault, kills, seconds, failures: failuresOf(fault, problems) };
    } finally {
      process.removeListener('exit', end);
      fleet.end();
    }
  });
}

async function storm(fleet: Fleet<Role>, { seed, kills }: KillSettings): Promise<Record<Victim, number>> {
  const random = new SeededRandom(`kills ${seed}`);
  const counts = { broker: 0, sender: 0, recipient: 0 };
  for (const name of fleet.names) fleet.start(name);
  for (let n = 0; n < kills; n++) {
    await progress(fleet);
    await sleep(random.integer(0, laterMsMax));
    const victim = victims[n % victims.length] as Victim;
    const name = nameOf(victim, fleet, random);
    await fleet.kill(name);
    counts[victim]++;
    await sleep(random.integer(0, awayMsMax));
    fleet.start(name);
  }
  await progress(fleet);
  return counts;
}

function nameOf(victim: Victim, fleet: Fleet<Role>, random: SeededRandom): string {
  if (victim === 'broker') return fleet.brokerName;
  if (victim === 'sender') return random.pick(fleet.named('sender'));
  return random.pick(fleet.named('recipient', 'recipient with dedup'));
}

/** Senders and recipients have both gone on. @throws Error where they do not. */
async function progress(fleet: Fleet<Role>): Promise<void> {
  const written = () => [
    fleet.writtenBytes('sender'),
    fleet.writtenBytes('recipient', 'recipient with dedup'),
  ];
  const before = written();
  const until = performance.now() + patienceMs;
  while (!written().every((bytes, i) => bytes >= (before[i] as number) + progressBytes)) {
    if (performance.now() > until)
      throw new Error(`the fleet makes no progress: no ${progressBytes} bytes within ${patienceMs} ms`);
    await sleep(lookMs);
  }
}

/** Nobody is killed any more. @param calmPatienceMs While nothing more is handled. @returns what is not as it should be then. */
async function calm(fleet: Fleet<Role>, calmPatienceMs: number): Promise<string[]> {
  for (const name of fleet.named('sender')) fleet.tell(name, 'finish');
  const problems: string[] = [];
  if (!(await fleet.allFinished(fleet.named('sender'), patienceMs)))
    problems.push('some senders could not finish');
  let [left, since] = [owed(fleet.diaries()), performance.now()];
  while (left > 0 && performance.now() - since < calmPatienceMs) {
    await sleep(10 * lookMs);
    const now = owed(fleet.diaries());
    if (now < left) [left, since] = [now, performance.now()];
  }
  const order = [...fleet.named('recipient', 'recipient with dedup', 'sender'), ...fleet.named('spare')];
  const broker = fleet.brokerName;
  for (const name of [...order.filter((each) => each !== broker), broker]) {
    const code = await fleet.close(name);
    if (code !== 0) problems.push(`${name} has exited with ${code}`);
  }
  return problems;
}

function failuresOf(fault: KillFault | undefined, problems: readonly string[]): string[] {
  if (fault === undefined) return problems.slice(0, failuresShown);
  if (problems.some((problem) => fault.shows.test(problem))) return [];
  return [unseen(fault)];
}

/** One line with the figures, and one for each failure. */
export function textOf(trial: KillTrial): string {
  const { fault, kills, stored, handled, repeats, failed, problems, seconds, failures } = trial;
  const killed = Object.entries(kills)
    .map(([victim, count]) => `${count} of a ${victim}`)
    .join(', ');
  const counts = (map: ReadonlyMap<string, number>) =>
    Array.from(map, ([key, count]) => `${key} ${count}`).join(', ') || 'none';
  const line = `${fault === undefined ? '' : `${fault.name}: `}kills: ${killed} in ${seconds} s; ${stored} letters stored, handled ${handled} times by a recipient, handed over after that: ${counts(repeats)}; failed sends: ${counts(failed)}; ${problems.length} problems`;
  return linesOf(line, failures);
}
