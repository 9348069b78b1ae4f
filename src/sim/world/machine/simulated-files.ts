/**
 * Files of a simulated node's own: they outlive its program.
 *
 * Offered by the simulated platform. Invariant: what has resolved is kept; of a write that a crash cuts off nothing is.
 */
import type { OwnFile, OwnFiles } from '../../../kit/own-files.ts';

const writeMs = 5;

/** @param texts What the files of a machine hold, by path. @param after A wait of the program: it ends with it. */
export function simulatedFiles(
  texts: Map<string, string>,
  after: (milliseconds: number, callback: () => void) => unknown,
): OwnFiles {
  const later = (act: () => void): Promise<void> =>
    new Promise((resolve) => {
      after(writeMs, () => {
        act();
        resolve();
      });
    });
  const open = (path: string): OwnFile => ({
    read: async () => texts.get(path) ?? '',
    append: (text) => later(() => texts.set(path, (texts.get(path) ?? '') + text)),
    replace: (text) => later(() => texts.set(path, text)),
    close: async () => undefined,
  });
  return { open: (node, name) => open(`${node}.${name}`) };
}
