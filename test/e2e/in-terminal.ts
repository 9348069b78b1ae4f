/**
 * Commands in a real terminal, which util-linux's `script` makes.
 *
 * Used by the end-to-end tests. Invariant: the shell in it is an interactive one, with job control.
 */
import { spawnSync } from 'node:child_process';
import { program, type Site, startProgram } from './helpers.ts';

/** Why there is no terminal here; undefined where there is. */
export const noTerminal =
  spawnSync('script', ['--version']).error === undefined && process.platform === 'linux'
    ? undefined
    : 'script is not installed (Debian: bsdutils)';

/** What an interactive shell prints that is told this. */
export const inTerminal = (site: Site, line: string) =>
  startProgram(['script', '-qec', `bash -ic ${quoted(line)}`, '/dev/null'], { env: site.environment() });

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** The command line of `skein`. */
export const skein = `${process.execPath} ${program}`;
