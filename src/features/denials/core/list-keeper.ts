/**
 * Keeps the list of denials in the file of the machine.
 *
 * Made by the denials' behavior of a node that has such a file. Invariant: a file that cannot be read is reported and never
 * written over; what another node of the machine has written is merged, not lost.
 */
import type { Denial } from './denial.ts';
import { DenialList } from './denial-list.ts';
import { type DenialFile, denialsIn, textOf } from './list-file.ts';

type Report = (text: string) => void;

export class ListKeeper {
  private readonly file: DenialFile;
  private state: 'usable' | 'damaged' = 'usable';

  constructor(file: DenialFile) {
    this.file = file;
  }

  load(report: Report): readonly Denial[] {
    try {
      const text = this.file.read();
      return text === undefined ? [] : denialsIn(text);
    } catch (error) {
      this.state = 'damaged';
      const what = 'which says which nodes are denied, cannot be used';
      report(
        `${this.file.path}, ${what}: ${(error as Error).message}; what is denied from now on is not remembered here; mend or remove the file, and restart`,
      );
      return [];
    }
  }

  /** @returns What the file had besides; undefined: nothing was written. */
  save(denials: readonly Denial[], report: Report): readonly Denial[] | undefined {
    if (this.state === 'damaged') return undefined;
    const before = this.load(report);
    // It may have been damaged meanwhile.
    if ((this.state as 'usable' | 'damaged') === 'damaged') return undefined;
    const merged = new DenialList();
    for (const each of [...before, ...denials]) merged.restore(each);
    const text = textOf(merged.entries());
    try {
      if (text !== textOf(before)) this.file.write(text);
    } catch (error) {
      report(
        `${this.file.path}, which says which nodes are denied, cannot be written: ${(error as Error).message}; see who owns its folder, and whether its disk is full`,
      );
      return undefined;
    }
    return before;
  }
}
