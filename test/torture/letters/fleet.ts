/**
 * The members as processes: started, killed, and asked to end.
 *
 * Used by the run. Invariant: a member has at most one process at a time, and none is left when the fleet was ended.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ownEnvironment } from '../strace.ts';
import type { FromMember, MemberWork, Role, ToMember } from './settings.ts';

interface FleetOptions {
  readonly program: string;
  readonly folder: string;
  readonly home: string;
  readonly formation: string;
  readonly namespace: string;
}

const roles: Readonly<Record<string, Role>> = {
  ...{ spare1: 'spare', spare2: 'spare', ann: 'sender', eve: 'sender', joe: 'sender' },
  ...{ bob: 'recipient', cat: 'recipient', dan: 'recipient with dedup' },
};

export class Fleet {
  readonly names = Object.keys(roles);
  readonly store: string;
  private readonly options: FleetOptions;
  private readonly processes = new Map<string, ChildProcess>();
  private readonly finished = new Set<string>();
  private broker = { name: '', epoch: 0 };
  private changed: () => void = () => undefined;

  constructor(options: FleetOptions) {
    this.options = options;
    this.store = join(options.folder, 'swarm.sqlite');
  }

  named(...wanted: readonly Role[]): string[] {
    return this.names.filter((name) => wanted.includes(roles[name] as Role));
  }

  /** The broker of the highest epoch that any member has reported. */
  get brokerName(): string {
    return this.broker.name;
  }

  start(name: string): void {
    const { program, formation, namespace, home } = this.options;
    const recipients = this.named('recipient', 'recipient with dedup');
    const role = roles[name] as Role;
    const work: MemberWork = {
      ...{ name, namespace, formation, store: this.store, diary: this.diaryOf(name), role, recipients },
    };
    const child = fork(program, [JSON.stringify(work)], { env: ownEnvironment(home), execArgv: [] });
    this.processes.set(name, child);
    child.on('message', (message: FromMember) => {
      if (message.type === 'finished') this.finished.add(name);
      else if (message.epoch > this.broker.epoch)
        this.broker = { name: message.broker, epoch: message.epoch };
      this.changed();
    });
  }

  /** By SIGKILL, and waits until it is gone. */
  async kill(name: string): Promise<void> {
    const child = this.processes.get(name);
    if (child === undefined || !this.isRunning(name))
      throw new Error(`${name} has ended by itself: see what it has printed`);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  isRunning(name: string): boolean {
    const child = this.processes.get(name);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  tell(name: string, message: ToMember): void {
    this.processes.get(name)?.send(message);
  }

  /** Resolves once all senders have said that what they have begun is stored. */
  async allFinished(limitMs: number): Promise<boolean> {
    const senders = this.named('sender');
    const until = performance.now() + limitMs;
    while (!senders.every((name) => this.finished.has(name))) {
      const left = until - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, left);
        this.changed = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    return true;
  }

  /** Asks it to leave. @returns its exit code. */
  async close(name: string): Promise<number | null> {
    const child = this.processes.get(name);
    if (child === undefined || !this.isRunning(name)) return child?.exitCode ?? null;
    this.tell(name, 'close');
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  /** Whatever runs still. */
  end(): void {
    for (const child of this.processes.values()) child.kill('SIGKILL');
  }

  diaries(): Map<string, string> {
    const written = this.names.filter((name) => existsSync(this.diaryOf(name)));
    return new Map(written.map((name) => [name, readFileSync(this.diaryOf(name), 'utf8')]));
  }

  /** How much the members of these roles have written. */
  writtenBytes(...wanted: readonly Role[]): number {
    const sizes = this.named(...wanted).map((name) =>
      existsSync(this.diaryOf(name)) ? statSync(this.diaryOf(name)).size : 0,
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  private diaryOf(name: string): string {
    return join(this.options.folder, `${name}.diary`);
  }
}
