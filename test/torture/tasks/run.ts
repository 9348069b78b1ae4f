/**
 * A run: a fleet under load whose brokers, workers and authors are killed, stopped, cut off, or have their clocks set, as it
 * is or with a fault.
 *
 * Used by `npm run torture:tasks` and the tests. A run of the product has all parts, and all of its tasks must end; one
 * with a fault has the part in which it shows. Invariant: a part that cannot be brought about is an error.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../../src/sim/world/random.ts';
import { freeTcpPorts } from '../../free-ports.ts';
import { machineNow } from '../diary.ts';
import { Fleet, type Launch } from '../fleet.ts';
import { linesOf, type Tried, unseen } from '../frame.ts';
import { buildProgram, inTrialFolder, type TrialFolder } from '../product.ts';
import type { TaskFault } from './faults.ts';
import { type Findings, judge } from './judge.ts';
import {
  isBait,
  isLong,
  type MemberWork,
  type Part,
  planOf,
  type Role,
  roles,
  type ToMember,
} from './settings.ts';
import { readStore } from './store.ts';
import { type WorldMessage, worldOf } from './world.ts';
import { type Execution, read } from './written.ts';

export interface FleetSettings {
  readonly seed: number;
  /** At least this number is stored. */
  readonly orders: number;
  /** And at least so long members are killed and stopped. */
  readonly seconds: number;
}

export interface TaskTrial extends Findings, Tried {
  readonly fault: TaskFault | undefined;
  readonly blows: ReadonlyMap<string, number>;
  readonly seconds: number;
}

const kinds = ['kill', 'kill', 'cut', 'clock', 'stop'] as const;
type Victim = 'broker' | 'worker' | 'author';

const everyMsMax = 2500;
/** Killed or stopped at a time: the others go on, so that there is work under way. */
const awayMax = 3;
/** Until one that was killed starts again. */
const awayMsMax = 1500;
const stopMs = 10_000;
/** Longer than a lease and the time until the mesh has lost it. */
const stopMsMax = 13_000;
const clockMs = 3_600_000;
const upMs = 3000;
const lookMs = 250;
/** Without any progress. */
const patienceMs = 60_000;
/** For tasks that a planted fault keeps from ending: longer than any of them takes. */
const faultPatienceMs = 20_000;
const failuresShown = 8;
const never = Number.POSITIVE_INFINITY;
const host = 'spare1';
/** On the other side of a wall. */
const beyond: readonly string[] = ['spare2', 'dan', 'fay', 'eve'];
/** The mesh has lost the other side, another broker has begun there, and leases are over. */
const wallMs = 16_000;

export function tortureTasks(fault: TaskFault | undefined, settings: FleetSettings): Promise<TaskTrial> {
  return inTrialFolder('tasks', fault, async (place) => {
    const begun = performance.now();
    const store = join(place.folder, 'swarm.sqlite');
    const places = await placesOf();
    const fleet = new Fleet<Role>({ ...place, roles, launch: await launcher(place, store, places) });
    const end = (): void => fleet.end();
    process.once('exit', end);
    try {
      const parts: readonly Part[] = fault === undefined ? ['replaced', 'storm', 'wall'] : [fault.part];
      const blows = await new Storm(fleet, places, settings).run(parts);
      // What was handed in late is in the store already.
      const isOver = fault?.part === 'replaced';
      if (isOver) await fleet.killAll();
      const unfinished = isOver ? [] : await calm(fleet, fault === undefined ? patienceMs : faultPatienceMs);
      const findings = judge(fleet.diaries(), readStore(store), fleet.blows);
      const problems = [...unfinished, ...findings.problems];
      const seconds = Math.round((performance.now() - begun) / 1000);
      return { ...findings, problems, fault, blows, seconds, failures: failuresOf(fault, problems) };
    } finally {
      process.removeListener('exit', end);
      fleet.end();
    }
  });
}

interface Places {
  /** Of the formation: one for each side of a wall. */
  readonly formation: readonly [number, number];
  readonly listen: ReadonlyMap<string, number>;
}

async function placesOf(): Promise<Places> {
  const names = Object.keys(roles);
  const [one, two, ...others] = (await freeTcpPorts(2 + names.length)) as [number, number, ...number[]];
  return { formation: [one, two], listen: new Map(names.map((name, i) => [name, others[i] ?? 0])) };
}

async function launcher({ folder, program }: TrialFolder, store: string, places: Places) {
  const member = await buildProgram('test/torture/tasks/member.ts', program);
  const formation = places.formation.map((port) => `tcp://127.0.0.1:${port}`);
  const namespace = `tasks-${process.pid}`;
  const env = worldOf(folder);
  return ({ name, role, diary }: { name: string; role: Role; diary: string }): Launch => {
    const listen = `127.0.0.1:${places.listen.get(name)}`;
    if (role !== 'spare') {
      const work: MemberWork = { name, role, diary, host, namespace, formation, store, listen };
      return { program: member, args: [JSON.stringify(work)], env };
    }
    const own = ['--name', name, '--namespace', namespace, '--store', store, '--listen', listen];
    const args = ['up', ...own, '--formation', ...formation, '--no-discovery', '--log-level', 'error'];
    return { program: join(program, 'dist', 'cli', 'main.js'), args, env, endsAt: 'SIGTERM' };
  };
}

interface AtWork extends Execution {
  readonly key: string;
}

class Storm {
  private readonly fleet: Fleet<Role>;
  private readonly places: Places;
  private readonly settings: FleetSettings;
  private readonly random: SeededRandom;
  private readonly counts = new Map<string, number>();
  /** Killed or stopped, and not back yet. */
  private readonly away = new Map<string, Promise<void>>();

  constructor(fleet: Fleet<Role>, places: Places, settings: FleetSettings) {
    this.fleet = fleet;
    this.places = places;
    this.settings = settings;
    this.random = new SeededRandom(`tasks ${settings.seed}`);
  }

  /** @returns how often each was done. */
  async run(parts: readonly Part[]): Promise<ReadonlyMap<string, number>> {
    const { fleet } = this;
    for (const name of fleet.names) fleet.start(name);
    await eventually('not all workers are at work', () => this.areAtWork);
    for (const part of parts) {
      await this[part]();
    }
    return this.counts;
  }

  /** A worker that ends a long task when another one has it already. */
  private async replaced(): Promise<void> {
    const { fleet } = this;
    const first = await eventually('no worker has a long task at work', () => this.atWork(isLong));
    const others = () => this.executions(first.key).filter(({ fence }) => fence > first.fence);
    this.count('stop of a worker until it is replaced');
    const goOn = fleet.stop(first.worker);
    await eventually(`nobody has begun what ${first.worker} had`, () => others().length > 0);
    goOn();
    const isOver = (each: Execution | undefined) => (each?.endedAt ?? never) < never;
    const late = () => this.executions(first.key).find(({ fence }) => fence === first.fence);
    await eventually(`${first.worker} does not go on`, () => isOver(late()));
    if (others().some(isOver))
      throw new Error(`${first.worker} has ended after the one that has replaced it`);
    // Until then its result may come.
    await eventually('a long task does not end', () => others().some(isOver));
  }

  /** Begun last, not cancelled, by a worker that is not the broker. */
  private atWork(is: (key: string) => boolean): AtWork | undefined {
    const { executions, stored } = read(this.fleet.diaries());
    return [...executions]
      .flatMap(([key, own]) => own.map((execution) => ({ ...execution, key })))
      .filter((each) => {
        const isOpen =
          stored.has(each.key) && each.endedAt === never && planOf(each.key).cancelMs === undefined;
        return isOpen && each.worker !== this.fleet.brokerName && is(each.key);
      })
      .sort((a, b) => b.at - a.at)[0];
  }

  private executions(key: string): readonly Execution[] {
    return read(this.fleet.diaries()).executions.get(key) ?? [];
  }

  private async storm(): Promise<void> {
    const { settings } = this;
    const until = performance.now() + settings.seconds * 1000;
    let [seen, seenAt] = [this.orders, performance.now()];
    while (performance.now() < until || this.orders < settings.orders) {
      if (this.orders > seen) [seen, seenAt] = [this.orders, performance.now()];
      if (performance.now() - seenAt > patienceMs)
        throw new Error(`the fleet makes no progress: ${seen} are stored`);
      await sleep(this.random.integer(0, everyMsMax));
      this.blow(this.random.pick(kinds), this.random.pick(['broker', 'worker', 'worker', 'author']));
    }
    await Promise.all(this.away.values());
  }

  /** Each side has an address of the formation, and so a broker: of the one store. */
  private async wall(): Promise<void> {
    const { fleet, places } = this;
    const isBeyond = (name: string) => beyond.includes(name);
    const broker = fleet.brokerName;
    const brokerSide = isBeyond(broker);
    // Its broker does not hear of that worker any more, and may not end its task: another one holds the store by then.
    const worker = fleet
      .named('worker')
      .find((name) => name !== fleet.brokerName && isBeyond(name) !== brokerSide) as string;
    for (const name of fleet.named('author')) this.to(name, { type: 'bait', worker });
    await eventually(`${worker} does not begin what it alone may`, () => this.atWork(isBait));
    if (fleet.brokerName !== broker) return this.wall();
    // The address that the broker has bound is on its side: otherwise the other side would reach it there.
    const bound = places.formation.find((port) => fleet.brokerAddress.endsWith(`:${port}`));
    const free = places.formation.find((port) => port !== bound);
    if (bound === undefined || free === undefined) throw new Error('no member has reported a broker');
    const portsOf = (side: boolean): number[] => [
      side === brokerSide ? bound : free,
      ...fleet.names.filter((name) => isBeyond(name) === side).map((name) => places.listen.get(name) ?? 0),
    ];
    this.count('wall');
    const since = machineNow();
    for (const name of fleet.names) this.to(name, { type: 'wall', ports: portsOf(!isBeyond(name)) });
    const isOther = (name: string): boolean => isBeyond(name) !== brokerSide;
    await eventually('no broker begins beyond the wall', () => fleet.followedSince(since).some(isOther));
    await sleep(wallMs);
    for (const name of fleet.names) this.to(name, { type: 'wall', ports: [] });
    await sleep(upMs);
  }

  private to(name: string, message: WorldMessage | ToMember): void {
    this.fleet.tell(name, message);
  }

  private blow(how: (typeof kinds)[number], victim: Victim): void {
    const name = this.nameOf(victim);
    // An author is not stopped: nothing that it holds has a lease.
    if (name === undefined || (how === 'stop' && victim === 'author')) return;
    if (how !== 'cut' && how !== 'clock' && this.away.size >= awayMax) return;
    this.count(`${how} of a ${victim}`);
    if (how === 'kill') this.leave(name, () => this.kill(name));
    else if (how === 'stop') this.leave(name, () => this.stop(name));
    else if (how === 'cut') this.to(name, { type: 'cut' });
    else {
      const message: WorldMessage = { type: 'clock', offsetMs: this.random.pick([-clockMs, 0, clockMs]) };
      this.to(name, message);
    }
  }

  private leave(name: string, away: () => Promise<void>): void {
    const back = away().finally(() => this.away.delete(name));
    this.away.set(name, back);
  }

  private async kill(name: string): Promise<void> {
    await this.fleet.kill(name);
    await sleep(this.random.integer(0, awayMsMax));
    this.fleet.start(name);
  }

  private async stop(name: string): Promise<void> {
    const goOn = this.fleet.stop(name);
    await sleep(this.random.integer(stopMs, stopMsMax));
    goOn();
  }

  private nameOf(victim: Victim): string | undefined {
    const { fleet, random, away } = this;
    const names = {
      broker: [fleet.brokerName],
      worker: fleet.named('worker'),
      author: fleet.named('author', 'attached author'),
    }[victim].filter((name) => fleet.isRunning(name) && !away.has(name));
    return names.length === 0 ? undefined : random.pick(names);
  }

  private get areAtWork(): boolean {
    const diaries = this.fleet.diaries();
    return this.fleet.named('worker').every((name) => /^begun /m.test(diaries.get(name) ?? ''));
  }

  private get orders(): number {
    const texts = [...this.fleet.diaries().values()];
    return texts.reduce((sum, text) => sum + (text.match(/^stored /gm)?.length ?? 0), 0);
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

/** @param problem What is so while it does not come. @throws Error where it does not come. */
async function eventually<Value>(problem: string, look: () => Value | undefined | false): Promise<Value> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const value = look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > until) throw new Error(problem);
    await sleep(lookMs);
  }
}

/** Nothing happens to anybody any more. @param calmPatienceMs While no more have ended. @returns what is not as it should be then. */
async function calm(fleet: Fleet<Role>, calmPatienceMs: number): Promise<string[]> {
  const problems: string[] = [];
  const authors = fleet.named('author', 'attached author');
  for (const name of authors) fleet.tell(name, 'finish');
  if (!(await fleet.allFinished(authors, patienceMs))) problems.push('some authors could not finish');
  const [counter] = authors as [string];
  fleet.open = Number.POSITIVE_INFINITY;
  let [left, since] = [fleet.open, performance.now()];
  while (left > 0 && performance.now() - since < calmPatienceMs) {
    fleet.tell(counter, 'count');
    await sleep(lookMs);
    if (fleet.open < left) [left, since] = [fleet.open, performance.now()];
  }
  fleet.tell(counter, 'list');
  for (since = performance.now(); !fleet.isListed && performance.now() - since < patienceMs; )
    await sleep(lookMs);
  const broker = fleet.brokerName;
  const order = [...authors, ...fleet.named('worker'), ...fleet.named('spare')];
  for (const name of [...order.filter((each) => each !== broker), broker]) {
    const code = await fleet.close(name);
    if (code !== 0) problems.push(`${name} has exited with ${code}`);
  }
  return problems;
}

function failuresOf(fault: TaskFault | undefined, problems: readonly string[]): string[] {
  if (fault === undefined) return problems.slice(0, failuresShown);
  if (problems.some((problem) => fault.shows.test(problem))) return [];
  return [unseen(fault)];
}

/** One line with the figures, and one for each failure. */
export function textOf(trial: TaskTrial): string {
  const { fault, blows, stored, begun, states, overlaps, neverStarted, stale, failed, problems } = trial;
  const counts = (map: ReadonlyMap<string, number>) =>
    Array.from(map, ([key, count]) => `${key} ${count}`).join(', ') || 'none';
  const line = [
    `${fault === undefined ? '' : `${fault.name}: `}${counts(blows)} in ${trial.seconds} s`,
    `${stored} orders stored, begun ${begun} times; ${counts(states)}`,
    `attempts that overlap: ${overlaps.idempotent} where that does no harm, ${overlaps.afterLease} after a lease`,
    `${neverStarted} cancelled before they began; ends refused as stale: ${stale}; failed orders: ${counts(failed)}`,
    `${problems.length} problems`,
  ].join('; ');
  return linesOf(line, trial.failures);
}
