/**
 * What a terminal of 80 columns shows of the bytes that a program has written to it.
 *
 * Used by the tests of what is typed in. It knows what Node.js's readline says to a terminal, and fails on anything else.
 * Invariant: rows are never scrolled away, so that the rows are the whole transcript.
 */
const columns = 80;

export class Screen {
  private readonly rows: string[][] = [[]];
  private row = 0;
  /** At `columns`: the next character goes to the next row. */
  private column = 0;
  /** The beginning of a sequence whose end has not come yet. */
  private rest = '';

  write(text: string): void {
    const all = this.rest + text;
    this.rest = '';
    for (let at = 0; at < all.length; ) {
      const read = this.readAt(all, at);
      if (read === 0) {
        this.rest = all.slice(at);
        return;
      }
      at += read;
    }
  }

  /** The rows, the cursor as a bar where it is asked for. */
  text(withCursor = false): string {
    const shown = this.rows.map((row, at) => {
      const cells = Array.from(row, (cell) => cell ?? ' ');
      if (!withCursor || at !== this.row) return cells.join('').trimEnd();
      while (cells.length < this.column) cells.push(' ');
      cells.splice(this.column, 0, '|');
      return cells.join('').trimEnd();
    });
    return shown.join('\n').trimEnd();
  }

  /** How many characters were read; 0: more have to come. */
  private readAt(text: string, at: number): number {
    const character = text[at] as string;
    if (character === '\u001b') return this.sequence(text.slice(at));
    if (character === '\r') this.column = 0;
    else if (character === '\n') this.to(this.row + 1);
    else if (character === '\u0007') return 1;
    else if (character < ' ')
      throw new Error(`the screen knows no control character ${JSON.stringify(character)}`);
    else this.put(character);
    return 1;
  }

  private sequence(text: string): number {
    const [whole, digits = '', final = ''] = /^.\[([?\d;]*)([A-Za-z])/.exec(text) ?? [];
    if (whole === undefined) {
      if (text.length > 12)
        throw new Error(`the screen knows no sequence ${JSON.stringify(text.slice(0, 12))}`);
      return 0;
    }
    // Bracketed paste and the like.
    if (digits.startsWith('?')) return whole.length;
    const count = digits === '' ? undefined : Number(digits);
    const row = this.rows[this.row] as string[];
    if (final === 'A') this.to(Math.max(0, this.row - (count ?? 1)));
    else if (final === 'B') this.to(this.row + (count ?? 1));
    else if (final === 'C') this.column = Math.min(columns - 1, this.column + (count ?? 1));
    else if (final === 'D') this.column = Math.max(0, Math.min(this.column, columns - 1) - (count ?? 1));
    else if (final === 'G') this.column = (count ?? 1) - 1;
    else if (final === 'K') row.length = Math.min(row.length, this.column);
    else if (final === 'J' && (count ?? 0) === 0) {
      row.length = Math.min(row.length, this.column);
      this.rows.length = this.row + 1;
    } else throw new Error(`the screen knows no sequence ${JSON.stringify(whole)}`);
    return whole.length;
  }

  private put(character: string): void {
    if (this.column === columns) {
      this.to(this.row + 1);
      this.column = 0;
    }
    (this.rows[this.row] as string[])[this.column++] = character;
  }

  private to(row: number): void {
    while (this.rows.length <= row) this.rows.push([]);
    this.row = row;
  }
}
