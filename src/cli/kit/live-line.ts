/**
 * One line of a terminal that is redrawn in place.
 *
 * Used by commands that say how far something is. Invariant: what is redrawn is never wider than the terminal, since a
 * line that was wrapped could not be taken away; what is kept is whole.
 */
import { lineFitted } from './output.ts';

const clearLine = '\r\u001b[K';

export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class LiveLine {
  private readonly terminal: Terminal;
  /** Undefined: the cursor is at the beginning of an empty line. */
  private shown: string | undefined;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  /** @param text Printable. Instead of what the line has shown. */
  show(text: string): void {
    this.shown = text;
    this.terminal.write(`${clearLine}${lineFitted(text, this.terminal)}`);
  }

  /** What it shows stays there, and the next text has a line of its own. */
  keep(): void {
    const { shown } = this;
    if (shown === undefined) return;
    const isCut = lineFitted(shown, this.terminal) !== shown;
    this.shown = undefined;
    this.terminal.write(isCut ? `${clearLine}${shown}\n` : '\n');
  }

  /** What it shows is taken away. */
  clear(): void {
    if (this.shown === undefined) return;
    this.shown = undefined;
    this.terminal.write(clearLine);
  }
}
