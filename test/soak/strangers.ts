/**
 * The strangers' processes, one on each host: started, told where members listen, heard, and ended.
 *
 * Used by run.ts. Invariant: it signals only processes that it started; a stranger that was let in anywhere
 * is accused at once; `killAll` is synchronous, so that it works on the way out.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MeshKey } from '../../src/host/keys/mesh-key.ts';
import type { Crew } from './crew.ts';
import { foreignEnvironment } from './environment.ts';
import type { Ground } from './ground.ts';
import type { Judge } from './judge.ts';
import type {
  StrangerKind,
  StrangerOrder,
  StrangerSettings,
  StrangerWord,
  Tallies,
} from './stranger-protocol.ts';

const targetsEveryMs = 1000;
const errorTextMax = 2000;

export class Strangers {
  private readonly ground: Ground;
  private readonly crew: Crew;
  private readonly judge: Judge;
  private readonly program: string;
  private readonly seed: number;
  private readonly configuration: string;
  private processes: ChildProcess[] = [];
  /** By host. */
  private readonly told: Tallies[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(ground: Ground, crew: Crew, judge: Judge, folder: string, program: string, seed: number) {
    this.ground = ground;
    this.crew = crew;
    this.judge = judge;
    this.program = program;
    this.seed = seed;
    // A user without a key.
    this.configuration = join(folder, 'stranger');
    mkdirSync(this.configuration, { mode: 0o700 });
  }

  start(): void {
    this.processes = Array.from({ length: this.ground.hosts }, (_, host) => this.startOn(host));
    const tellTargets = (): void => this.tellAll({ type: 'targets', addresses: this.crew.addresses });
    this.timer = setInterval(tellTargets, targetsEveryMs);
  }

  /** From now on strangers use it. */
  retire(key: MeshKey): void {
    this.tellAll({ type: 'retired', key: key.text });
  }

  /** Resolves when all of them are gone, and with them whatever they had open. */
  async stop(): Promise<void> {
    this.isOver = true;
    clearInterval(this.timer);
    const gone = this.processes.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      this.tell(child, { type: 'stop' });
      await exit;
    });
    await Promise.all(gone);
  }

  killAll(): void {
    this.isOver = true;
    for (const child of this.processes)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }

  /** All hosts' together. */
  get tallies(): Tallies {
    const sums: Tallies = {};
    for (const tallies of this.told) {
      for (const [kind, tally] of Object.entries(tallies)) {
        const sum = sums[kind as StrangerKind] ?? { knocks: 0, refused: 0, nobody: 0, givenUp: 0 };
        for (const field of ['knocks', 'refused', 'nobody', 'givenUp'] as const) sum[field] += tally[field];
        sums[kind as StrangerKind] = sum;
      }
    }
    return sums;
  }

  private startOn(host: number): ChildProcess {
    const { listen, discoveryPort, broadcast } = this.ground;
    const name = `stranger-${host}`;
    const members = this.crew.names;
    const settings: StrangerSettings = { name, seed: this.seed, listen, discoveryPort, broadcast, members };
    const command = this.ground.command(host, [process.execPath, this.program, JSON.stringify(settings)]);
    const [file, ...args] = command as [string, ...string[]];
    const child = spawn(file, args, {
      env: { ...foreignEnvironment(), XDG_CONFIG_HOME: this.configuration },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk).slice(-errorTextMax);
    });
    child.on('message', (word) => this.hear(host, word as StrangerWord));
    child.once('exit', (code, signal) => {
      if (this.isOver) return;
      this.judge.accuse(
        'ended by itself',
        `${name} ended with ${signal ?? `code ${code}`}: ${errors.trim()}`,
      );
    });
    return child;
  }

  private hear(host: number, word: StrangerWord): void {
    if (word.type === 'tally') this.told[host] = word.tallies;
    else this.judge.accuse('stranger let in', word.text);
  }

  private tellAll(order: StrangerOrder): void {
    for (const child of this.processes) this.tell(child, order);
  }

  private tell(child: ChildProcess, order: StrangerOrder): void {
    if (child.connected) child.send(order, () => undefined);
  }
}
