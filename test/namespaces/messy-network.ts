/**
 * Hosts and switches as network namespaces that a test plugs together as it likes, one `skein up` on each host.
 *
 * Used by the end-to-end tests of networks that are not as they should be. Needs root and `ip`. Invariant: all traffic
 * stays in namespaces made here, each program has folders of its own, and `close` takes all of it away.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let networks = 0;

/** Texts of files of one host alone. */
export interface HostFiles {
  readonly hosts?: string;
  readonly resolv?: string;
}

export class MessyNetwork {
  private readonly prefix = `sk${process.pid}x${++networks}`;
  private readonly folder = mkdtempSync(join(tmpdir(), 'skein-messy-'));
  private readonly namespaces: string[] = [];
  private readonly processes: ChildProcess[] = [];
  private readonly clients: SkeinNode[] = [];
  private readonly keyText: string;

  /** @param keyText Of the mesh, `skein1-...`. */
  constructor(keyText: string) {
    this.keyText = keyText;
  }

  host(name: string): void {
    const namespace = this.of(name);
    ip('netns', 'add', namespace);
    this.namespaces.push(namespace);
    this.ip(name, 'link', 'set', 'lo', 'up');
  }

  switch(name: string): void {
    this.host(name);
    this.ip(name, 'link', 'add', 'br0', 'type', 'bridge');
    this.ip(name, 'link', 'set', 'br0', 'up');
  }

  /** A cable from a host to a switch. @param address With its prefix length. Undefined: IPv6 link-local alone. */
  plug(host: string, device: string, to: string, address?: string): void {
    const port = `p${host}${device}`;
    this.ip(host, 'link', 'add', device, 'type', 'veth', 'peer', 'name', port, 'netns', this.of(to));
    this.ip(to, 'link', 'set', port, 'master', 'br0', 'up');
    if (address === undefined) this.ip(host, 'link', 'set', device, 'addrgenmode', 'eui64', 'up');
    else this.ip(host, 'link', 'set', device, 'up');
    if (address !== undefined) this.ip(host, 'addr', 'add', address, 'brd', '+', 'dev', device);
  }

  ip(host: string, ...words: string[]): void {
    ip('-n', this.of(host), ...words);
  }

  /** Starts a node named after its host and resolves when it is ready. @param files Of its /etc. */
  async up(host: string, args: readonly string[], files: HostFiles = {}): Promise<SkeinNode> {
    const control = join(this.folder, `${host}.sock`);
    const child = this.start(host, [program, 'up', '--name', host, '--control', control, ...args], files);
    await lineOf(child, 'ready');
    const client = await attach({ control });
    this.clients.push(client);
    return client;
  }

  /** Starts Node.js on a host. */
  start(
    host: string,
    words: readonly string[],
    { hosts = '127.0.0.1 localhost\n', resolv = '' }: HostFiles = {},
  ) {
    const home = join(this.folder, host);
    mkdirSync(join(home, 'run'), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, 'hosts'), hosts);
    writeFileSync(join(home, 'resolv.conf'), resolv);
    const mounts = ['hosts', 'resolv.conf'].map((file) => `mount --bind ${join(home, file)} /etc/${file}`);
    const command = `${mounts.join(' && ')} && exec "$@"`;
    const inside = ['unshare', '-m', 'sh', '-c', command, 'sh', process.execPath, ...words];
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      XDG_RUNTIME_DIR: join(home, 'run'),
      SKEIN_RUNTIME_DIR: join(home, 'run', 'skein'),
      SKEIN_KEY: this.keyText,
    };
    const child = spawn('ip', ['netns', 'exec', this.of(host), ...inside], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.processes.push(child);
    return child;
  }

  kill(at: number): void {
    this.processes[at]?.kill('SIGKILL');
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.close().catch(() => undefined)));
    const ends = this.processes.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    await Promise.all(ends);
    for (const namespace of this.namespaces.splice(0)) ip('netns', 'del', namespace);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private of(name: string): string {
    return `${this.prefix}${name}`;
  }
}

/** Resolves once the program has printed a line that begins so. */
export async function lineOf(child: ChildProcess, beginning: string): Promise<void> {
  for await (const line of createInterface({ input: child.stdout as Readable }))
    if (line.startsWith(beginning)) return;
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
