/**
 * The members' processes: started, killed, stopped, told what to do, and gone at the end.
 *
 * Used by run.ts, the conductor and the blocking test. Invariant: it signals only processes that it started,
 * each by its id; `killAll` is synchronous, so that it works on the way out.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nowMs } from './clock.ts';
import type { Ground } from './ground.ts';
import type { History, Life } from './history.ts';
import type { ViolationKind } from './judge.ts';
import type { KeyHolders } from './key-holders.ts';
import type { Answer, MemberSettings, Order, Report, TrafficSettings, Word } from './protocol.ts';

export interface CrewSettings {
  readonly seed: number;
  readonly members: number;
  readonly traffic: TrafficSettings;
  readonly block?: { readonly everyMs: number; readonly forMs: number };
}

/** Who is told what the members do: the judge, or somebody who listens in. */
export interface Overseer {
  readonly history: History;
  report(life: Life, report: Report): void;
  accuse(kind: ViolationKind, text: string): void;
}

interface Member {
  readonly name: string;
  readonly host: number;
  starts: number;
  process: ChildProcess | undefined;
  life: Life | undefined;
  /** Where it listened last. */
  address: string | undefined;
  isStopped: boolean;
}

/** Growth is measured after a collection, in a young generation of one size all the time. */
const steadyFlags = ['--expose-gc', '--min-semi-space-size=4', '--max-semi-space-size=4'];
/**
 * The allocator's own habits must not look like growth: one arena instead of one per thread, and large
 * buffers always by themselves, so that they go back to the system when they are freed.
 */
const steadyAllocator = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
};
const startTimeoutMs = 30_000;
const answerTimeoutMs = 10_000;
const exitTimeoutMs = 10_000;
const errorTextMax = 2000;

export class Crew {
  readonly names: readonly string[];
  private readonly settings: CrewSettings;
  private readonly ground: Ground;
  private readonly holders: KeyHolders;
  private readonly overseer: Overseer;
  private readonly folder: string;
  private readonly program: string;
  private readonly members: readonly Member[];
  private readonly answers = new Map<number, (answer: Answer) => void>();
  private probes = 0;
  private trafficOn = false;
  private isOver = false;

  constructor(
    settings: CrewSettings,
    ground: Ground,
    holders: KeyHolders,
    overseer: Overseer,
    folder: string,
    program: string,
  ) {
    this.settings = settings;
    this.ground = ground;
    this.holders = holders;
    this.overseer = overseer;
    this.folder = folder;
    this.program = program;
    this.names = memberNames(settings.members);
    this.members = this.names.map((name, i) => ({
      name,
      host: i % ground.hosts,
      starts: 0,
      process: undefined,
      life: undefined,
      address: undefined,
      isStopped: false,
    }));
    for (let host = 0; host < ground.hosts; host++) mkdirSync(this.hostFolder(host), { mode: 0o700 });
  }

  /** A few at a time: a crowd of starting programs would only starve each other. */
  async startAll(atOnce = 4): Promise<void> {
    const waiting = this.members.map((_, i) => i);
    const startNext = async (): Promise<void> => {
      for (let i = waiting.shift(); i !== undefined; i = waiting.shift()) await this.start(i);
    };
    await Promise.all(Array.from({ length: atOnce }, startNext));
  }

  /** Resolves when the member's node listens, or did not in time. */
  async start(index: number): Promise<void> {
    const member = this.member(index);
    const number = ++member.starts;
    const life = this.overseer.history.begin(member.name, number, member.host, nowMs());
    const program = [
      process.execPath,
      ...steadyFlags,
      this.program,
      JSON.stringify(this.settingsOf(member, number)),
    ];
    const [file, ...args] = this.ground.command(member.host, program) as [string, ...string[]];
    const child = spawn(file, args, {
      env: { ...this.holders.environmentOf(index), ...steadyAllocator },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    Object.assign(member, { process: child, life, isStopped: false });
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk).slice(-errorTextMax);
    });
    const ready = new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.on('message', (word) => {
        this.hear(member, life, word as Word);
        if ((word as Word).type === 'ready') resolve();
      });
      child.once('exit', (code, signal) => {
        this.ended(life, code, signal, errors);
        resolve();
      });
    });
    if (this.trafficOn) this.tell(index, { type: 'traffic', on: true });
    await withTimeout(ready, startTimeoutMs, `${member.name} did not listen`).catch((error: Error) =>
      this.overseer.accuse('did not start', error.message),
    );
  }

  kill(index: number): void {
    const { process: child, life } = this.member(index);
    if (child === undefined || life === undefined || life.endedMs !== undefined) return;
    life.killed = true;
    life.endedMs = nowMs();
    child.kill('SIGKILL');
  }

  /** @returns what lets it go on; undefined where there is nothing to stop. */
  stop(index: number): (() => void) | undefined {
    const member = this.member(index);
    const { process: child, life } = member;
    if (child === undefined || life === undefined || !isReady(life)) return undefined;
    const interval = { fromMs: nowMs(), toMs: Number.POSITIVE_INFINITY };
    life.stops.push(interval);
    member.isStopped = true;
    child.kill('SIGSTOP');
    return () => {
      child.kill('SIGCONT');
      if (member.process === child) member.isStopped = false;
      interval.toMs = nowMs();
    };
  }

  hangup(index: number): void {
    const { life } = this.member(index);
    if (life === undefined || !isReady(life)) return;
    const atMs = nowMs();
    life.ownEnds.push({ fromMs: atMs, toMs: atMs });
    this.tell(index, { type: 'hangup' });
  }

  turnTraffic(on: boolean): void {
    this.trafficOn = on;
    for (const index of this.members.keys()) this.tell(index, { type: 'traffic', on });
  }

  /** Where members listen, or did when they were last heard of. */
  get addresses(): string[] {
    return this.members.flatMap(({ address }) => address ?? []);
  }

  stateOf(index: number): 'up' | 'down' | 'stopped' {
    const { life, isStopped } = this.member(index);
    if (life === undefined || !isReady(life)) return 'down';
    return isStopped ? 'stopped' : 'up';
  }

  /** What each member answers now; undefined from one that did not in time. */
  probe(): Promise<(Answer | undefined)[]> {
    return Promise.all(this.members.map((_, index) => this.ask(index)));
  }

  /** Tells all to close and waits until each process has ended by itself. */
  async close(): Promise<void> {
    this.isOver = true;
    const gone = this.members.map(async ({ name, process: child, life }, index) => {
      if (child === undefined || life === undefined || life.endedMs !== undefined) return;
      const exit = once(child, 'exit');
      life.endedMs = nowMs();
      this.tell(index, { type: 'close' });
      await withTimeout(exit, exitTimeoutMs, '').catch(() => {
        this.overseer.accuse('leaked handle', `${name} closed its node and its process did not end`);
        child.kill('SIGKILL');
        return exit;
      });
    });
    await Promise.all(gone);
  }

  killAll(): void {
    this.isOver = true;
    for (const { process: child } of this.members) {
      if (child !== undefined && child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    }
  }

  private hear(member: Member, life: Life, word: Word): void {
    if (word.type === 'ready') {
      life.readyMs = word.atMs;
      member.address = word.address;
    }
    if (word.type === 'report') this.overseer.report(life, word);
    else if (word.type === 'failed')
      this.overseer.accuse('did not start', `${life.name} failed: ${word.text}`);
    else if (word.type === 'answer') this.answers.get(word.probe)?.(word);
  }

  private ended(life: Life, code: number | null, signal: string | null, errors: string): void {
    if (life.killed || this.isOver) return;
    life.endedMs = nowMs();
    const how = signal ?? `code ${code}`;
    this.overseer.accuse(
      'ended by itself',
      `${life.name}/${life.number} ended with ${how}: ${errors.trim()}`,
    );
  }

  private async ask(index: number): Promise<Answer | undefined> {
    const { life, isStopped } = this.member(index);
    if (life === undefined || !isReady(life) || isStopped) return undefined;
    const probe = ++this.probes;
    const answer = new Promise<Answer>((resolve) => this.answers.set(probe, resolve));
    this.tell(index, { type: 'probe', probe });
    const given = await withTimeout(answer, answerTimeoutMs, '').catch(() => undefined);
    this.answers.delete(probe);
    return given;
  }

  private tell(index: number, order: Order): void {
    const { process: child } = this.member(index);
    // A process that dies meanwhile cannot be told any more: its end comes as an event of its own.
    if (child?.connected) child.send(order, () => undefined);
  }

  private settingsOf({ name, host }: Member, life: number): MemberSettings {
    const { seed, traffic, block } = this.settings;
    return {
      name,
      life,
      seed,
      listen: this.ground.listen,
      discoveryPort: this.ground.discoveryPort,
      folder: this.hostFolder(host),
      names: this.names,
      traffic,
      ...(block === undefined ? {} : { block }),
    };
  }

  private hostFolder(host: number): string {
    return join(this.folder, `host-${host}`);
  }

  private member(index: number): Member {
    return this.members[index] as Member;
  }
}

export function memberNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `m${String(i).padStart(2, '0')}`);
}

function isReady(life: Life): boolean {
  return life.endedMs === undefined && Number.isFinite(life.readyMs);
}

async function withTimeout<Value>(promise: Promise<Value>, timeoutMs: number, text: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${text} within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
