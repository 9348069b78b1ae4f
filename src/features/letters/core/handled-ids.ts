/**
 * Ids of letters that this node has handled, as its file has them: one line for each.
 *
 * Made by `letters.handle` with `dedup`. A letter may come again until the broker has stored that it was handled; after a
 * restart such letters come before all that were sent after them, so that the latest ids are enough. Invariant: at most
 * `handledIdsMax` are known; what the file says beyond them is forgotten when it is written again.
 */
import { letterLimits } from './limits.ts';

const linePattern = /^([0-9a-f]{32}) ([0-9]{1,15})$/;

export class HandledIds {
  /** With when that was, in Unix milliseconds; the oldest first. */
  private readonly ids = new Map<string, number>();
  private lines = 0;

  /** @returns how many lines are none of ours: a line that was being written when the machine stopped, or damage. */
  load(text: string, now: number): number {
    let wrong = 0;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const [, id, at] = linePattern.exec(line) ?? [];
      if (id === undefined) wrong++;
      else if (now - Number(at) < letterLimits.letterHandledKeptMs) this.keep(id, Number(at));
    }
    return wrong;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** @returns what is to be added to the file. */
  add(id: string, now: number): string {
    this.keep(id, now);
    return lineOf(id, now);
  }

  /** Too many lines of the file are not needed: it is to be written again. */
  get isLong(): boolean {
    return this.lines >= 2 * letterLimits.handledIdsMax;
  }

  /** The whole file, as it is to be. */
  text(): string {
    this.lines = this.ids.size;
    let text = '';
    for (const [id, at] of this.ids) text += lineOf(id, at);
    return text;
  }

  private keep(id: string, at: number): void {
    this.lines++;
    this.ids.delete(id);
    this.ids.set(id, at);
    if (this.ids.size <= letterLimits.handledIdsMax) return;
    const [oldest] = this.ids.keys();
    if (oldest !== undefined) this.ids.delete(oldest);
  }
}

function lineOf(id: string, at: number): string {
  return `${id} ${at}\n`;
}
