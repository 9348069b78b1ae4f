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
import { fileURLToPath } from 'node:url';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let networks = 0;

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

  /** Starts a node named after its host and resolves when it is ready. @param hosts Text of its /etc/hosts. */
  async up(host: string, args: readonly string[], hosts?: string): Promise<SkeinNode> {
    const home = join(this.folder, host);
    mkdirSync(join(home, 'run'), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, 'hosts'), hosts ?? '127.0.0.1 localhost\n');
    const control = join(home, 'c.sock');
    const mount = `mount --bind ${join(home, 'hosts')} /etc/hosts && exec "$@"`;
    const node = [process.execPath, program, 'up', '--name', host, '--control', control, ...args];
    const words = ['netns', 'exec', this.of(host), 'unshare', '-m', 'sh', '-c', mount, 'sh', ...node];
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      XDG_RUNTIME_DIR: join(home, 'run'),
      SKEIN_RUNTIME_DIR: join(home, 'run', 'skein'),
      SKEIN_KEY: this.keyText,
    };
    const child = spawn('ip', words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.processes.push(child);
    for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('ready')) break;
    const client = await attach({ control });
    this.clients.push(client);
    return client;
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

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
