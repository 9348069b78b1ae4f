/**
 * Members as processes: started, killed, stopped for a while, and asked to end.
 *
 * Used by the rigs that kill, each of which says how a member of a role is started. Invariant: a member has at most one
 * process at a time, and none is left when the fleet was ended.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Diaries, machineNow } from './diary.ts';
import { ownEnvironment } from './strace.ts';

/**
 * `broker`: this node follows a broker, itself or another. `finished`: all that it has begun is stored. `open`: this number of
 * tasks have not ended. `listed`: it has written down all that it could list.
 */
export type FromMember =
  | { readonly type: 'broker'; readonly broker: string; readonly epoch: number; readonly address: string }
  | { readonly type: 'finished' }
  | { readonly type: 'open'; readonly count: number }
  | { readonly type: 'listed' };

/** Members that are no program of the rig end at SIGTERM. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly endsAt?: 'message' | 'SIGTERM';
}

export interface FleetOptions<Role extends string> {
  readonly folder: string;
  readonly home: string;
  readonly roles: Readonly<Record<string, Role>>;
  launch(member: { readonly name: string; readonly role: Role; readonly diary: string }): Launch;
}

/** What was done to a process. Milliseconds of the machine's monotonic clock. */
export interface Blow {
  readonly name: string;
  readonly how: 'killed' | 'stopped';
  readonly from: number;
  /** When it was gone, or went on. */
  until: number;
}

interface Member {
  readonly child: ChildProcess;
  readonly endsAt: 'message' | 'SIGTERM';
}

export class Fleet<Role extends string> {
  readonly names: readonly string[];
  readonly blows: Blow[] = [];
  /** Tasks that have not ended, as a member has counted them last. */
  open = Number.POSITIVE_INFINITY;
  /** A member has listed them. */
  isListed = false;
  private readonly options: FleetOptions<Role>;
  private readonly members = new Map<string, Member>();
  private readonly finished = new Set<string>();
  private readonly follows: { readonly broker: string; readonly at: number }[] = [];
  private broker = { name: '', epoch: 0, address: '' };
  private changed: () => void = () => undefined;

  constructor(options: FleetOptions<Role>) {
    this.options = options;
    this.names = Object.keys(options.roles);
  }

  named(...wanted: readonly Role[]): string[] {
    return this.names.filter((name) => wanted.includes(this.options.roles[name] as Role));
  }

  /** The broker of the highest epoch that any member has reported. */
  get brokerName(): string {
    return this.broker.name;
  }

  /** The address of the formation that it has bound. */
  get brokerAddress(): string {
    return this.broker.address;
  }

  /** Brokers that members have followed since then, whatever their epochs. */
  followedSince(at: number): string[] {
    return this.follows.filter((each) => each.at >= at).map(({ broker }) => broker);
  }

  start(name: string): void {
    const role = this.options.roles[name] as Role;
    const {
      program,
      args,
      env = {},
      endsAt = 'message',
    } = this.options.launch({
      ...{ name, role, diary: this.diaryOf(name) },
    });
    const child = fork(program, [...args], {
      env: { ...ownEnvironment(this.options.home), ...env },
      execArgv: [],
    });
    this.members.set(name, { child, endsAt });
    child.on('message', (message: FromMember) => {
      if (message.type === 'finished') this.finished.add(name);
      else if (message.type === 'open') this.open = message.count;
      else if (message.type === 'listed') this.isListed = true;
      else this.follows.push({ broker: message.broker, at: machineNow() });
      if (message.type === 'broker' && message.epoch > this.broker.epoch)
        this.broker = { name: message.broker, epoch: message.epoch, address: message.address };
      this.changed();
    });
  }

  /** By SIGKILL, and waits until it is gone. */
  async kill(name: string): Promise<void> {
    const child = this.running(name);
    const blow: Blow = { name, how: 'killed', from: machineNow(), until: Number.POSITIVE_INFINITY };
    this.blows.push(blow);
    child.kill('SIGKILL');
    await once(child, 'exit');
    blow.until = machineNow();
  }

  async killAll(): Promise<void> {
    await Promise.all(this.names.filter((name) => this.isRunning(name)).map((name) => this.kill(name)));
  }

  /** By SIGSTOP. @returns what lets it go on. */
  stop(name: string): () => void {
    const child = this.running(name);
    const blow: Blow = { name, how: 'stopped', from: machineNow(), until: Number.POSITIVE_INFINITY };
    this.blows.push(blow);
    child.kill('SIGSTOP');
    return () => {
      blow.until = machineNow();
      child.kill('SIGCONT');
    };
  }

  isRunning(name: string): boolean {
    const child = this.members.get(name)?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  tell(name: string, message: unknown): void {
    if (this.isRunning(name)) this.members.get(name)?.child.send(message as object);
  }

  /** Resolves once all of these have said that what they have begun is stored. */
  async allFinished(names: readonly string[], limitMs: number): Promise<boolean> {
    const until = performance.now() + limitMs;
    while (!names.every((name) => this.finished.has(name))) {
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
    const member = this.members.get(name);
    if (member === undefined || !this.isRunning(name)) return member?.child.exitCode ?? null;
    if (member.endsAt === 'message') this.tell(name, 'close');
    else member.child.kill(member.endsAt);
    const [code] = (await once(member.child, 'exit')) as [number | null];
    return code;
  }

  /** Whatever runs still. */
  end(): void {
    for (const { child } of this.members.values()) child.kill('SIGKILL');
  }

  diaries(): Diaries {
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

  private running(name: string): ChildProcess {
    const child = this.members.get(name)?.child;
    if (child === undefined || !this.isRunning(name))
      throw new Error(`${name} has ended by itself: see what it has printed`);
    return child;
  }

  private diaryOf(name: string): string {
    return join(this.options.folder, `${name}.diary`);
  }
}
