/**
 * Real `skein` processes for tests: isolated from each other, from the user's own nodes and from other tests.
 *
 * Used by the end-to-end tests. Invariant: a `Site` has a runtime folder, a discovery port and a
 * configuration of its own, and whatever it started is dead once it is closed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { freeUdpPort } from '../free-ports.ts';

/** From the working directory, which is the repository: a bundle of this file lies elsewhere. */
export const program = resolve('dist/cli/main.js');

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
  readonly timeoutMs?: number;
}

export interface StartOptions extends RunOptions {
  /** In a process group of its own. */
  readonly alone?: boolean;
}

/** A `skein up` that has said `ready`. */
export interface RunningNode {
  readonly name: string;
  /** `host:port` */
  readonly address: string;
  readonly process: ChildProcess;
  /** Resolves when the process is gone. */
  readonly ended: Promise<Finished>;
}

/** A command that is still running. */
export interface RunningCommand {
  readonly process: ChildProcess;
  /** Its lines on stdout, as they come. */
  readonly lines: AsyncIterableIterator<string>;
  readonly ended: Promise<Finished>;
}

export class Site implements AsyncDisposable {
  readonly folder: string;
  readonly discoveryPort: number;
  private readonly started = new Set<RunningCommand>();
  private readonly variables: Readonly<Record<string, string>>;

  private constructor(discoveryPort: number, variables: Readonly<Record<string, string>>) {
    this.folder = mkdtempSync(join(tmpdir(), 'skein-site-'));
    this.discoveryPort = discoveryPort;
    this.variables = variables;
  }

  /** @param beside A site on the same wire: its nodes hear each other's solicitations. @param variables For all its processes. */
  static async open(beside?: Site, variables: Readonly<Record<string, string>> = {}): Promise<Site> {
    if (!existsSync(program)) throw new Error(`${program} is missing: run \`npx tsc -b\` first`);
    return new Site(beside?.discoveryPort ?? (await freeUdpPort()), variables);
  }

  /** Starts `skein up --name NAME ...` and waits for its `ready` line. */
  async up(name: string, ...flags: string[]): Promise<RunningNode> {
    const command = this.start('up', '--name', name, ...flags);
    const first = await Promise.race([command.lines.next(), command.ended]);
    const line = 'value' in first ? (first.value as string | undefined) : undefined;
    const match = /^ready (\S+) (\S+)$/.exec(line ?? '');
    if (match === null) throw new Error(`${name} did not start: ${(await command.ended).stderr || line}`);
    return {
      name: match[1] as string,
      address: match[2] as string,
      process: command.process,
      ended: command.ended,
    };
  }

  /** Starts a command and does not wait for it. */
  start(...args: string[]): RunningCommand {
    const command = startCommand(args, { env: this.environment() });
    this.started.add(command);
    void command.ended.then(() => this.started.delete(command));
    return command;
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const command = startCommand(args, { ...options, env: { ...this.environment(), ...options.env } });
    this.started.add(command);
    const timer = setTimeout(() => command.process.kill('SIGKILL'), options.timeoutMs ?? 60_000);
    const finished = await command.ended;
    clearTimeout(timer);
    this.started.delete(command);
    return finished;
  }

  /** The same, for commands that must succeed; what they printed. */
  async must(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(args);
    if (exitCode !== 0) throw new Error(`skein ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
    return stdout;
  }

  async json<Value>(...args: string[]): Promise<Value> {
    return JSON.parse(await this.must(...args, '--json')) as Value;
  }

  /** The file of this site's mesh keys. */
  get keyPath(): string {
    return join(this.folder, 'config', 'skein', 'keys');
  }

  /** What keeps this site's processes apart from everything else. */
  environment(): Record<string, string> {
    return {
      SKEIN_RUNTIME_DIR: join(this.folder, 'run'),
      SKEIN_DISCOVERY_PORT: String(this.discoveryPort),
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_STATE_HOME: join(this.folder, 'state'),
      ...this.variables,
    };
  }

  async close(): Promise<void> {
    const running = [...this.started];
    for (const { process } of running) process.kill('SIGKILL');
    await Promise.all(running.map(({ ended }) => ended));
    rmSync(this.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function startCommand(args: readonly string[], options: RunOptions): RunningCommand {
  return startProgram([process.execPath, program, ...args], options);
}

/** Starts a program of these words; nothing of the tester's own nodes is in its environment. */
export function startProgram(words: readonly string[], { input, env, alone }: StartOptions): RunningCommand {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SKEIN_'));
  const [file = '', ...args] = words;
  const child = spawn(file, args, {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: alone === true,
  });
  child.stdin.on('error', () => {});
  if (input !== undefined) child.stdin.end(input);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // Lines that nobody takes do not keep the command from writing on.
  const copy = new PassThrough();
  child.stdout.on('data', (chunk: Buffer) => copy.write(chunk)).once('close', () => copy.end());
  const lines = createInterface({ input: copy })[Symbol.asyncIterator]();
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  }));
  return { process: child, lines, ended };
}
