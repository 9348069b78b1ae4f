/**
 * Whether standard input can be read: a job in the background of a terminal that reads it is stopped by the system.
 *
 * Used by commands that read standard input without being asked to (`-`). Invariant: where the system does not say, it
 * can be read.
 */
import { readFileSync } from 'node:fs';

/** True of `skein ... &` in a shell, as long as its standard input is the terminal. */
export function isTerminalOfOthers(): boolean {
  if (!process.stdin.isTTY) return false;
  try {
    // After the name in parentheses: state, parent, group, session, terminal, the terminal's foreground group.
    const [, , group, , , foreground] =
      readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
    return group !== foreground;
  } catch {
    return false;
  }
}
