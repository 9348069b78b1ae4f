/**
 * The demo's nodes: real processes of `skein up`, each with its own control socket.
 *
 * Used by the story. Invariant: nobody outside is disturbed (own runtime folder, own discovery port, none
 * of the user's settings), and no process outlives this one: each leaves when its standard input ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ControlClient } from '../../remote/client.ts';

export const degree = 2;

/** The very program that runs the demo. */
const program = process.argv[1] ?? 'skein';
const startTimeoutMs = 10_000;
/** A node leaves within two seconds. */
const leaveTimeoutMs = 2500;

export interface DemoNode {
  readonly name: string;
  readonly client: ControlClient;
  readonly process: ChildProcess;
}

export class Fleet {
  readonly nodes = new Map<string, DemoNode>();
  readonly discoveryPort: number;
  private readonly folder: string;
  private closed = false;

  private constructor(folder: string, discoveryPort: number) {
    this.folder = folder;
    this.discoveryPort = discoveryPort;
  }

  static async open(): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'skein-demo-'));
    return new Fleet(folder, await freeUdpPort());
  }

  /** Resolves when the node listens; milliseconds since its process was started. */
  async start(name: string): Promise<number> {
    if (this.closed) throw new Error('the demo is over');
    const startedAt = performance.now();
    const child = spawn(process.execPath, [program, ...this.argumentsOf(name)], {
      env: this.environment(),
      stdio: ['pipe', 'pipe', 'pipe'],
      // Ctrl-C is for the demo: it takes its nodes along itself.
      detached: true,
    });
    // Before anything is awaited: a demo that is stopped now must take this one along too.
    this.nodes.set(name, {
      name,
      client: new ControlClient(join(this.folder, `${name}.sock`)),
      process: child,
    });
    child.stdin.on('error', () => {});
    await readyLine(child, name);
    return performance.now() - startedAt;
  }

  /** SIGKILL: no goodbye. */
  async kill(name: string): Promise<void> {
    const { process: child, client } = this.get(name);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    this.nodes.delete(name);
    client.close();
  }

  get(name: string): DemoNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`${name} is not running`);
    return node;
  }

  /** Every node leaves; one that does not is killed. Resolves when no process is left. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.nodes.values()].map(leave));
    this.nodes.clear();
    await rm(this.folder, { recursive: true, force: true });
  }

  private argumentsOf(name: string): string[] {
    const discovery = [
      '--degree',
      String(degree),
      '--discovery-port',
      String(this.discoveryPort),
      '--no-folder',
    ];
    const control = ['--control', join(this.folder, `${name}.sock`)];
    return ['up', '--name', name, ...discovery, ...control, '--log-level', 'error', '--while-stdin'];
  }

  private environment(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SKEIN_'));
    return { ...Object.fromEntries(own), SKEIN_RUNTIME_DIR: this.folder, XDG_CONFIG_HOME: this.folder };
  }
}

async function readyLine(child: ChildProcess, name: string): Promise<void> {
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const ready = once(lines, 'line', { signal: AbortSignal.timeout(startTimeoutMs) });
  const ended = once(child, 'close').then(() => {
    throw new Error(`${name} did not start: ${errors.join('').trim()}`);
  });
  ended.catch(() => {});
  await Promise.race([ready, ended]);
}

async function leave({ process: child, client }: DemoNode): Promise<void> {
  client.close();
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), leaveTimeoutMs);
  await exited;
  clearTimeout(timer);
}

/** Several demos may run at once, and beside real meshes. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
