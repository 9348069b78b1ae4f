/** The own disk of a worker, with processes: one that is full, and one that cannot be read for a while. Needs dist. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import { ownStorePath } from '../../src/host/lazy-store.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { loadSqlite } from '../../src/stores/sqlite/library.ts';
import { freeTcpPorts } from '../free-ports.ts';
import { fillDisk, onSmallDisk, smallDiskProblem } from '../small-disk.ts';

/** The reserve of a store fits into it. */
const smallMegabytes = 48;
/** More than a store has room for in the pages of its file. */
const output = 'x'.repeat(500_000);

type Said =
  | { readonly type: 'ready' }
  | { readonly type: 'begun'; readonly attempt: number }
  | { readonly type: 'lost' }
  | { readonly type: 'warned'; readonly code?: string; readonly text: string };

/** A process of `worker-on-disk.mjs`. */
class Program {
  readonly said: Said[] = [];
  private readonly child: ChildProcess;

  constructor(command: readonly string[]) {
    const [file, ...args] = command as [string, ...string[]];
    this.child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (said: Said) => this.said.push(said));
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Resolves once it has said such a thing. */
  async says(is: (said: Said) => boolean): Promise<void> {
    while (!this.said.some(is)) await once(this.child, 'message');
  }

  warns(text: string): Promise<void> {
    return this.says((said) => said.type === 'warned' && said.text.startsWith(text));
  }

  /** What its handler returns. */
  returns(value: string): void {
    this.child.send(value);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

/** A broker, an author in this process, and a worker whose store lies in a folder of its own. */
class Fleet implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'skein-worker-disk-'));
  readonly disk = join(this.folder, 'disk');
  readonly store = join(this.disk, 'swarm.sqlite');
  author!: SkeinNode;
  broker!: Program;
  private readonly programs: Program[] = [];
  private settings!: { readonly namespace: string; readonly formation: readonly string[] };

  static async begin(): Promise<Fleet> {
    const fleet = new Fleet();
    mkdirSync(fleet.disk);
    const [port] = (await freeTcpPorts(1)) as [number];
    const formation = [`tcp://127.0.0.1:${port}`];
    fleet.settings = { namespace: `disk-${process.pid}-${port}`, formation };
    fleet.broker = fleet.start('broker', join(fleet.folder, 'home', 'swarm.sqlite'));
    await fleet.broker.says(({ type }) => type === 'ready');
    fleet.author = await createNode({
      ...{ ...fleet.settings, formation, name: 'author', store: 'none', discovery: false, key: false },
    });
    return fleet;
  }

  /** @param wrap What runs it. */
  async worker(wrap = (program: readonly string[]): readonly string[] => program): Promise<Program> {
    const worker = this.start('worker', this.store, wrap);
    await worker.says(({ type }) => type === 'ready');
    return worker;
  }

  start(
    role: 'broker' | 'worker',
    store: string,
    wrap = (program: readonly string[]): readonly string[] => program,
  ): Program {
    const settings = JSON.stringify({ role, store, ...this.settings });
    const program = new Program(wrap([process.execPath, resolve('test/e2e/worker-on-disk.mjs'), settings]));
    this.programs.push(program);
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.programs) await program.end();
    await this.author.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const cannotBeKept = 'results cannot be kept on this machine';

/** A worker whose disk is small, and in a namespace of its own. */
function onSmallDiskOf(fleet: Fleet) {
  return fleet.worker((program) => ['unshare', ...onSmallDisk(smallMegabytes, fleet.disk, program)]);
}

test('a result that a full disk of the worker does not keep is handed in once the broker can be reached, and the log says so', async ({
  skip,
}) => {
  const problem = smallDiskProblem();
  if (problem !== undefined) skip(problem);
  await using fleet = await Fleet.begin();
  const { author, broker } = fleet;
  const worker = await onSmallDiskOf(fleet);
  const first = await author.tasks.order('held', 1, { ifInfeasible: 'queue' });
  await worker.says(({ type }) => type === 'begun');
  fillDisk(join(`/proc/${worker.pid}/root`, fleet.disk, 'ballast'));
  broker.signal('SIGSTOP');
  // Until then what it says goes into a socket, from which the broker reads it later.
  await worker.says(({ type }) => type === 'lost');
  worker.returns(output);
  await worker.warns(cannotBeKept);
  broker.signal('SIGCONT');
  expect(await first.result()).toBe(output);
  const codes = worker.said.flatMap((said) => (said.type === 'warned' ? (said.code ?? []) : []));
  expect(codes).toEqual(['SKEIN_STORE_FULL']);
}, 30_000);

test('a result that a full disk of the worker did not keep is on the disk once there is room, and the next run of the worker hands it in', async ({
  skip,
}) => {
  const problem = smallDiskProblem();
  if (problem !== undefined) skip(problem);
  await using fleet = await Fleet.begin();
  const { author, broker } = fleet;
  const worker = await onSmallDiskOf(fleet);
  const task = await author.tasks.order('held', 1, { ifInfeasible: 'queue' });
  await worker.says(({ type }) => type === 'begun');
  const disk = join(`/proc/${worker.pid}/root`, fleet.disk);
  const ballast = join(disk, 'ballast');
  fillDisk(ballast);
  broker.signal('SIGSTOP');
  await worker.says(({ type }) => type === 'lost');
  worker.returns(output);
  await worker.warns(cannotBeKept);
  rmSync(ballast);
  // The disk is gone with the process, and SQLite does not find its way there from outside: a copy is looked at, and goes on.
  const keptInCopy = (): number => {
    worker.signal('SIGSTOP');
    cpSync(disk, fleet.disk, { recursive: true });
    worker.signal('SIGCONT');
    return keptIn(ownStorePath(fleet.store, 'worker'));
  };
  // The store takes back what it holds in reserve first.
  await expect.poll(keptInCopy, { timeout: 30_000, interval: 500 }).toBe(1);
  await worker.end();
  const after = fleet.start('worker', fleet.store);
  broker.signal('SIGCONT');
  await after.says(({ type }) => type === 'ready');
  expect(await task.result()).toBe(output);
  expect(await task.status()).toMatchObject({ attempt: 1 });
  expect(after.said.filter(({ type }) => type === 'begun')).toEqual([]);
}, 60_000);

test('results of an earlier run that cannot be read as a worker begins are handed in as soon as they can be', async () => {
  await using fleet = await Fleet.begin();
  const { author, broker } = fleet;
  const before = await fleet.worker();
  const task = await author.tasks.order('held', 1, { ifInfeasible: 'queue' });
  await before.says(({ type }) => type === 'begun');
  broker.signal('SIGSTOP');
  await before.says(({ type }) => type === 'lost');
  before.returns('kept');
  const own = ownStorePath(fleet.store, 'worker');
  await expect.poll(() => keptIn(own)).toBe(1);
  await before.end();
  // A folder in its place is no file that can be opened.
  const aside = join(dirname(fleet.disk), 'aside');
  mkdirSync(aside);
  const files = ['', '-wal', '-shm'].map((end) => [own + end, join(aside, `own${end}`)] as const);
  for (const [from, to] of files) renameSync(from, to);
  mkdirSync(own);
  broker.signal('SIGCONT');
  const after = fleet.start('worker', fleet.store);
  await after.warns('results of an earlier run could not be read on this machine');
  rmdirSync(own);
  for (const [to, from] of files) renameSync(from, to);
  expect(await task.result()).toBe('kept');
  expect(await task.status()).toMatchObject({ attempt: 1 });
  expect(after.said.filter(({ type }) => type === 'begun')).toEqual([]);
}, 30_000);

/** Results in this store. */
function keptIn(path: string): number {
  const database = loadSqlite().open(path);
  try {
    const [row] = database.prepare('SELECT count(*) AS n FROM tasks_kept_result').all() as { n: number }[];
    return row?.n ?? 0;
  } finally {
    database.close();
  }
}
