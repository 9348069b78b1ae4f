/**
 * One real `skein up` of a scenario, and a client that watches it.
 *
 * Used by the process stage. Invariant: what is told of it (whom it knows, what it got) comes over its
 * control socket, as any program would learn it; a client that dies with its process says nothing more.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { SkeinError } from '../../src/kernel/errors.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { socketPathOf } from '../../src/remote/socket-path.ts';
import type { ScenarioMember } from '../../src/sim/run/scenario/scenario.ts';
import type { ProgramView } from '../../src/sim/run/scenario/stage.ts';
import type { Machines } from './machines.ts';

const messageKind = 'scenario';
/** Between a node's last word and the end of its process, on a busy machine. */
const endingMsMax = 5000;

interface Running {
  readonly process: ChildProcess;
  readonly gone: Promise<unknown>;
  client: SkeinNode | undefined;
}

export class RealProgram {
  readonly plan: ScenarioMember;
  private readonly machines: Machines;
  private readonly folder: string;
  private readonly downs = new Map<string, number>();
  private readonly received = new Map<string, number>();
  private knows = new Set<string>();
  private running: Running | undefined;
  private isPaused = false;
  private ended: string | undefined;

  constructor(plan: ScenarioMember, machines: Machines, folder: string) {
    this.plan = plan;
    this.machines = machines;
    this.folder = folder;
    mkdirSync(folder, { mode: 0o700 });
  }

  /** Undefined while it cannot be asked. */
  get client(): SkeinNode | undefined {
    return this.isPaused ? undefined : this.running?.client;
  }

  /** Resolves once it listens and is watched, or has ended by itself. */
  async start(): Promise<void> {
    if (this.running !== undefined) return;
    const { machines, plan, folder } = this;
    const env = { SKEIN_RUNTIME_DIR: folder, XDG_CONFIG_HOME: folder, ...machines.environment };
    const child = machines.spawn(plan.name, this.flags(), env);
    const running: Running = { process: child, gone: once(child, 'close'), client: undefined };
    this.running = running;
    this.ended = undefined;
    this.knows = new Set();
    this.followEnd(running);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    await Promise.race([once(lines, 'line'), running.gone]);
    if (this.running !== running) return;
    running.client = await this.attachTo(running);
    if (running.client !== undefined) await this.watch(running, running.client);
  }

  /** The signal, and the end of the process where it brings it. */
  async kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    // Whatever comes from now on is the last of it.
    this.running = undefined;
    this.isPaused = false;
    running.process.kill(signal);
    await running.gone;
    await running.client?.close();
  }

  pause(): void {
    if (this.running?.process.kill('SIGSTOP') === true) this.isPaused = true;
  }

  resume(): void {
    this.running?.process.kill('SIGCONT');
    this.isPaused = false;
  }

  async view(): Promise<ProgramView> {
    const links = await this.client?.status().then(
      (status) => status.links.map(({ node }) => node),
      () => [],
    );
    const { plan, ended, downs, received, knows } = this;
    const off = this.running === undefined;
    return {
      name: plan.name,
      nodeName: plan.nodeName,
      state: off ? 'off' : this.isPaused ? 'paused' : 'running',
      ended,
      knows: off ? new Set() : new Set(knows),
      links: new Set(links),
      downs,
      received,
    };
  }

  private flags(): string[] {
    const { nodeName, degree, namespace, discovery, connect, name } = this.plan;
    const seeds = connect.flatMap((seed) => ['--connect', this.machines.addressOf(seed)]);
    const found = discovery ? ['--no-folder'] : ['--no-discovery'];
    const self = ['--name', nodeName, '--namespace', namespace, '--degree', String(degree)];
    return ['up', ...self, ...this.machines.flags(name), ...found, ...seeds, '--log-level', 'error'];
  }

  /** Undefined where it has ended between its first line and now: a name may be refused at once. */
  private async attachTo(running: Running): Promise<SkeinNode | undefined> {
    try {
      return await this.whileSilent(running, () =>
        attach({ control: socketPathOf(this.folder, this.plan.nodeName) }),
      );
    } catch (problem) {
      const has = await Promise.race([running.gone.then(() => 'ended'), wait(endingMsMax, 'not ended')]);
      if (has === 'not ended') throw problem;
      return undefined;
    }
  }

  /** A process that shares two cores with dozens says nothing for seconds: it is asked again for as long as it runs. */
  private async whileSilent<T>(running: Running, ask: () => Promise<T>): Promise<T> {
    for (;;)
      try {
        return await ask();
      } catch (problem) {
        const isSilent = problem instanceof SkeinError && problem.code === 'SKEIN_TIMEOUT';
        if (!isSilent || this.running !== running) throw problem;
      }
  }

  /** The line that it ends with says why. */
  private followEnd(running: Running): void {
    let text = '';
    running.process.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    running.process.once('close', () => {
      if (this.running !== running) return;
      this.running = undefined;
      this.ended = /\((SKEIN_\w+)\)\s*$/.exec(text)?.[1] ?? `ended: ${text.trim() || 'without a word'}`;
    });
  }

  private async watch(running: Running, client: SkeinNode): Promise<void> {
    client.events.addEventListener('node:up', ({ detail }) => this.knows.add(detail.name));
    const lost = new Set<string>();
    client.events.addEventListener('node:down', ({ detail }) => {
      this.knows.delete(detail.name);
      lost.add(detail.name);
      raise(this.downs, detail.name);
    });
    try {
      await this.whileSilent(running, async () => {
        const subscription = client.handle<{ label: string }>(
          ({ body }) => raise(this.received, body.label),
          { kind: messageKind },
        );
        await subscription.opened;
      });
      const nodes = await this.whileSilent(running, () => client.nodes());
      // Events may have overtaken the answer.
      for (const { name, self, reachable } of nodes)
        if (reachable && !self && !lost.has(name)) this.knows.add(name);
    } catch {
      // It ended while it was asked; how, its last line says.
    }
  }
}

function raise(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
