/**
 * Programs that run while a test looks at what they print: nodes of vee, nanocat, nngcat.
 *
 * Used by the end-to-end tests. Invariant: `endTalks` ends all that were started, and resolves when they are gone.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';
import { parseSpAddress } from '../../src/doors/nanomsg/sp-address.ts';
import { freeTcpPorts } from '../free-ports.ts';
import { type RunningCommand, startProgram } from './helpers.ts';

const talks: Talk[] = [];

/** A program that is running, and all that it has printed. */
export class Talk {
  command: RunningCommand;
  printed = '';
  private looks: (() => void)[] = [];
  private isOver = false;

  /** @param isPatient Start it again when it gives up: nngcat connects once, and the other end may not be there yet. */
  constructor(words: readonly string[], env: Record<string, string> = {}, isPatient = false) {
    this.command = this.start(words, env, isPatient);
    talks.push(this);
  }

  private start(words: readonly string[], env: Record<string, string>, isPatient: boolean): RunningCommand {
    const command = startProgram(words, { env });
    for (const stream of [command.process.stdout, command.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.printed += chunk.toString();
        for (const look of this.looks) look();
      });
    }
    void command.ended.then(({ exitCode }) => {
      if (isPatient && !this.isOver && exitCode !== 0) this.command = this.start(words, env, isPatient);
    });
    return command;
  }

  end(): Promise<unknown> {
    this.isOver = true;
    this.command.process.kill('SIGKILL');
    return this.command.ended;
  }

  /** Resolves when it has printed this. */
  async until(text: string, timeoutMs = 15_000): Promise<void> {
    const isThere = (): boolean => this.printed.includes(text);
    if (isThere()) return;
    await new Promise<void>((resolve, reject) => {
      const tooLate = (): void => reject(new Error(`"${text}" did not come; printed:\n${this.printed}`));
      const timer = setTimeout(tooLate, timeoutMs);
      this.looks.push(() => {
        if (!isThere()) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  say(line: string): void {
    this.command.process.stdin?.write(`${line}\n`);
  }
}

/** A program that binds this address, once it has: a node that finds nobody there would bind it instead. */
export async function binding(address: string, ...talk: ConstructorParameters<typeof Talk>): Promise<Talk> {
  const [words, ...rest] = talk;
  const bound = new Talk([...words, '--bind', address], ...rest);
  await vi.waitFor(() => expect(isHeld(address)).toBe(true));
  return bound;
}

/** Somebody listens there: read from the system, since whoever only knocks leaves nngcat silent to the next one. */
function isHeld(address: string): boolean {
  const place = parseSpAddress(address, 'test');
  const table = place.transport === 'ipc' ? '/proc/net/unix' : '/proc/net/tcp';
  return readFileSync(table, 'utf8')
    .split('\n')
    .some((line) => {
      const words = line.trim().split(/\s+/);
      if (place.transport === 'ipc') return words[7] === place.path && words[3] === '00010000';
      const port = place.port.toString(16).toUpperCase().padStart(4, '0');
      return words[1]?.endsWith(`:${port}`) === true && words[3] === '0A';
    });
}

export async function endTalks(): Promise<void> {
  await Promise.all(talks.splice(0).map((talk) => talk.end()));
}

/** Addresses of free ports. */
export async function freePorts(count: number): Promise<string[]> {
  return (await freeTcpPorts(count)).map((port) => `tcp://127.0.0.1:${port}`);
}

/** What a program says to be in a formation. */
export const hail = (name: string, address: string) => JSON.stringify({ Hail: { name, address } });

/** Programs that speak nanomsg, which Debian has; and why one cannot be used here. */
export const cats = [
  { cat: 'nanocat', pair: '--pair', from: 'nanomsg-utils' },
  { cat: 'nngcat', pair: '--pair0', from: 'nng-utils' },
].map(({ cat, pair, from }) => {
  const isThere = spawnSync(cat, ['--help']).error === undefined;
  return { cat, pair, missing: isThere ? undefined : `${cat} is not installed (Debian: ${from})` };
});
