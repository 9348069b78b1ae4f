/**
 * The tours of the documents, and machines to take them on: each a network namespace with its own host name,
 * home and runtime folder, on which `skein` and `ssh` are commands.
 *
 * Used by the test of the tours. Invariant: the commands are those of the document, word for word; `ssh` is a
 * script that runs its words on the other machine as sshd would (there is no sshd here), and nothing else is
 * played.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NamespaceNetwork, whyNoNamespaces } from '../namespaces/network.ts';
import { type Finished, program, type RunningCommand, startProgram } from './helpers.ts';

export interface TourStep {
  readonly machine: string;
  readonly command: string;
  /** What the document shows that it prints; may be nothing. */
  readonly shown: readonly string[];
}

/** The text below a heading, up to the next of its kind. */
export function sectionOf(file: string, heading: string): string {
  const text = readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
  const section = text.split(/^## /m).find((one) => one.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${file} has no section "${heading}"`);
  return section;
}

/** The first block of code of a section, as commands: `one$ skein up` and, below, what it shows. */
export function tourOf(section: string): TourStep[] {
  const [, block = ''] = /^```\n(.*?)^```/ms.exec(section) ?? [];
  const steps: { machine: string; command: string; shown: string[] }[] = [];
  for (const line of block.split('\n').filter((one) => one !== '')) {
    const [, machine, command] = /^(\w+)\$ (.+)$/.exec(line) ?? [];
    if (machine !== undefined && command !== undefined) steps.push({ machine, command, shown: [] });
    else steps.at(-1)?.shown.push(line);
  }
  if (steps.length === 0) throw new Error('the section has no commands');
  return steps;
}

/** The commands in the prose of a section. */
export function commandsIn(section: string): string[] {
  return [...section.matchAll(/`(skein [^`]+)`/g)].map(([, command]) => command as string);
}

/** Why there can be no machines here; undefined where there can. */
export function whyNoMachines(): string | undefined {
  const reason = whyNoNamespaces();
  if (reason !== undefined) return reason;
  try {
    // Each has a host name of its own, as the tours take for granted.
    execFileSync('unshare', ['--uts', 'sh', '-c', 'echo one > /proc/sys/kernel/hostname'], { stdio: 'pipe' });
    return undefined;
  } catch (problem) {
    return `a host name of one's own cannot be had here: ${(problem as Error).message.split('\n')[0]}`;
  }
}

export class Machines {
  private readonly names: readonly string[];
  private readonly network: NamespaceNetwork;
  private readonly folder = mkdtempSync(join(tmpdir(), 'skein-tour-'));
  private readonly started = new Set<RunningCommand>();

  constructor(names: readonly string[]) {
    this.names = names;
    this.network = NamespaceNetwork.open(names.length);
    const hosts = names.map((name) => `${this.addressOf(name)} ${name}\n`);
    writeFileSync(join(this.folder, 'hosts'), `127.0.0.1 localhost\n${hosts.join('')}`);
    for (const name of names) this.furnish(name);
  }

  addressOf(name: string): string {
    return this.network.addressOf(this.numberOf(name));
  }

  homeOf(name: string): string {
    return join(this.folder, name, 'home');
  }

  /** Types a line into the shell of a machine, and does not wait for its end. */
  start(name: string, line: string): RunningCommand {
    const command = startProgram([join(this.folder, name, 'type'), line], { alone: true });
    this.started.add(command);
    void command.ended.then(() => this.started.delete(command));
    return command;
  }

  /** The same, waiting for its end. */
  run(name: string, line: string): Promise<Finished> {
    const command = this.start(name, line);
    command.process.stdin?.end();
    return command.ended;
  }

  /** The same for what must succeed; what it printed. */
  async must(name: string, line: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(name, line);
    if (exitCode !== 0) throw new Error(`${name}$ ${line} ended with ${exitCode}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Replaces what the machine's firewall does with what comes in. */
  async firewall(name: string, ...rules: string[]): Promise<void> {
    const chain = `chain in { type filter hook input priority 0; ${rules.join('; ')}; }`;
    const table = `table inet tour {\n${chain}\n}\n`;
    await this.network.nft(this.numberOf(name), `table inet tour {}\ndelete table inet tour\n${table}`);
  }

  /** From now on what comes to one port reaches another, as through a router. */
  async translate(name: string, outside: number, inside: number): Promise<void> {
    const rule = `tcp dport ${outside} redirect to :${inside}`;
    const chain = `chain in { type nat hook prerouting priority -100; ${rule}; }`;
    await this.network.nft(this.numberOf(name), `table inet translation {\n${chain}\n}\n`);
  }

  async close(): Promise<void> {
    const running = [...this.started];
    for (const { process: child } of running) {
      try {
        // The shell and all that it has started.
        process.kill(-(child.pid as number), 'SIGKILL');
      } catch {}
    }
    await Promise.all(running.map(({ ended }) => ended));
    this.network.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private numberOf(name: string): number {
    const number = this.names.indexOf(name);
    if (number < 0) throw new Error(`there is no machine ${name}; there are ${this.names.join(', ')}`);
    return number;
  }

  /** A home, a runtime folder, and the commands that a person finds there. */
  private furnish(name: string): void {
    const at = (...parts: string[]) => join(this.folder, name, ...parts);
    mkdirSync(at('home'), { recursive: true });
    mkdirSync(at('run'), { mode: 0o700 });
    mkdirSync(at('bin'));
    this.script(at('bin', 'skein'), `exec ${quoted(process.execPath)} ${quoted(program)} "$@"`);
    this.script(at('bin', 'ssh'), `machine=$1; shift; exec ${quoted(this.folder)}/"$machine"/type "$*"`);
    const variables = [
      `HOME=${at('home')}`,
      `XDG_RUNTIME_DIR=${at('run')}`,
      `PATH=${at('bin')}:${process.env.PATH}`,
    ];
    const boot = [
      `echo ${name} > /proc/sys/kernel/hostname`,
      // Seen by this command alone: `ip netns exec` gives it a view of the file system of its own.
      `mount --bind ${quoted(join(this.folder, 'hosts'))} /etc/hosts`,
      'exec sh -c "$1"',
    ].join(' && ');
    const words = [
      'env',
      '-i',
      ...variables,
      ...this.network.command(this.numberOf(name), ['unshare', '--uts', 'sh', '-c', boot, name]),
    ];
    this.script(at('type'), `exec ${words.map(quoted).join(' ')} "$1"`);
  }

  private script(path: string, text: string): void {
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
