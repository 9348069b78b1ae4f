/**
 * The users of a soak, each with a configuration folder and in it a key file that all their programs read.
 *
 * Used by the crew (whose programs find their key there, without a setting) and by rotation.ts. Invariant: a
 * file is only ever changed by `skein key`, as its user would, on the host where the programs run.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KeyStore } from '../../src/host/keys/key-store.ts';
import type { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { foreignEnvironment } from './environment.ts';
import type { Ground } from './ground.ts';
import type { StepKind } from './rotation-schedule.ts';

interface User {
  readonly host: number;
  readonly folder: string;
  readonly keys: KeyStore;
}

const run = promisify(execFile);
const usersPerHost = 3;
const commandTimeoutMs = 60_000;

export class KeyHolders {
  readonly users: readonly User[];
  private readonly ground: Ground;
  private readonly program: string;

  private constructor(ground: Ground, folder: string, program: string) {
    this.ground = ground;
    this.program = program;
    this.users = Array.from({ length: ground.hosts * usersPerHost }, (_, user) => {
      const configuration = join(folder, `user-${user}`);
      return {
        host: user % ground.hosts,
        folder: configuration,
        keys: new KeyStore(join(configuration, 'skein', 'keys')),
      };
    });
  }

  /** @param program What `skein` runs. Resolves when every user has the first key. */
  static async open(ground: Ground, folder: string, program: string): Promise<KeyHolders> {
    const holders = new KeyHolders(ground, folder, program);
    await holders.skeinKey(0, ['new']);
    for (const user of holders.users.keys()) if (user !== 0) await holders.addTo(user);
    return holders;
  }

  /** Members are on hosts in turn, and on each host its users in turn. */
  userOf(member: number): number {
    return member % this.users.length;
  }

  /** What a program of that member's user has in its environment. */
  environmentOf(member: number): NodeJS.ProcessEnv {
    return this.environment(this.userOf(member));
  }

  /** The one that the first user uses. */
  get current(): MeshKey {
    return this.of(0).keys.keys[0] as MeshKey;
  }

  /** The other one that the first user has during a rotation, once it is made. */
  beside(old: MeshKey): MeshKey | undefined {
    return this.of(0).keys.keys.find(({ id }) => id !== old.id);
  }

  /** A step of a rotation, as README and SECURITY.md have it. */
  async step(kind: StepKind, user: number, old: MeshKey, fresh: MeshKey | undefined): Promise<void> {
    if (kind === 'use') await this.skeinKey(user, ['use', (fresh as MeshKey).id]);
    else if (kind === 'remove') await this.skeinKey(user, ['rm', old.id]);
    else if (user === 0) await this.skeinKey(user, ['new', '--beside']);
    else await this.addTo(user);
  }

  /** `ssh HOST skein key add < FILE`. */
  private addTo(user: number): Promise<void> {
    return this.skeinKey(
      user,
      ['add'],
      this.of(0)
        .keys.keys.map(({ text }) => `${text}\n`)
        .join(''),
    );
  }

  private async skeinKey(user: number, words: readonly string[], input = ''): Promise<void> {
    const command = [process.execPath, this.program, 'key', ...words];
    const [file, ...rest] = this.ground.command(this.of(user).host, command) as [string, ...string[]];
    const running = run(file, rest, { env: this.environment(user), timeout: commandTimeoutMs });
    running.child.stdin?.end(input);
    await running;
  }

  private environment(user: number): NodeJS.ProcessEnv {
    return { ...foreignEnvironment(), XDG_CONFIG_HOME: this.of(user).folder };
  }

  private of(user: number): User {
    return this.users[user] as User;
  }
}
