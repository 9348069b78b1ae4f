/**
 * `skein log --keep NAME`: every event as a line of JSON, printed or appended to a file.
 *
 * Invariant: events are settled once their lines are on the disk, and not before. A file that ends in the middle of a
 * line, since something died while it wrote, is continued on a new line: that event comes again.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { UsageError } from '../../../cli/kit/exit.ts';
import { interrupted, printedItem } from '../../../cli/kit/interrupt.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { filterOf, type LogFlags } from './filter.ts';

export async function keep(flags: LogFlags, name: string, out: string | undefined): Promise<void> {
  const file = out === undefined ? undefined : await opened(out);
  try {
    await withNode(flags, async (client) => {
      const input = { name, ...filterOf(flags) };
      let left = flags.count ?? Number.POSITIVE_INFINITY;
      const signal = interrupted();
      for await (const { ticket, entries } of client.stream('keepLog', input, { signal })) {
        const lines = entries.map((entry) => JSON.stringify(entry)).join('\n');
        if (file === undefined) await printedItem(lines, signal);
        else await append(file, `${lines}\n`);
        await client.call('settleLog', { ticket });
        left -= entries.length;
        if (left <= 0) break;
      }
    });
  } finally {
    await file?.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'a+', 0o600);
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    if (size > 0 && last.toString() !== '\n') await append(file, '\n');
    return file;
  } catch (error) {
    throw new UsageError(`--out: ${path} cannot be written: ${(error as Error).message}`);
  }
}

async function append(file: FileHandle, text: string): Promise<void> {
  await file.appendFile(text);
  await file.datasync();
}
