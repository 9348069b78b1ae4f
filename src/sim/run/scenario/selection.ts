/**
 * Which nodes a text of a scenario means: `a`, `a,b`, `n1..n3`, `all`, or a list of these.
 *
 * Who calls it: `parse.ts`. Invariant: the answer names known nodes only, each once, in the order of the
 * scenario; what names nothing is refused with the place it stands at.
 */

/** How many names an error line lists. */
const namesShownMax = 8;

export type SelectionText = string | readonly string[];

export class Selector {
  private readonly names: readonly string[];
  private readonly everyone: readonly string[];

  /** @param names All that may be named. @param everyone What `all` stands for. */
  constructor(names: readonly string[], everyone: readonly string[]) {
    this.names = names;
    this.everyone = everyone;
  }

  /** @throws TypeError */
  many(selection: SelectionText, path: string): string[] {
    const parts = [selection].flat().flatMap((text) => text.split(','));
    const chosen = new Set(parts.flatMap((part) => this.part(part.trim(), path)));
    return this.names.filter((name) => chosen.has(name));
  }

  /** @throws TypeError */
  one(name: string, path: string): string {
    if (!this.names.includes(name)) throw new TypeError(`${path}: ${this.unknown(name)}`);
    return name;
  }

  private part(part: string, path: string): readonly string[] {
    if (part === 'all') return this.everyone;
    const range = /^(.+?)\.\.(.+)$/.exec(part);
    if (range === null) return [this.one(part, path)];
    const [first, last] = [range[1] as string, range[2] as string].map((name) =>
      this.names.indexOf(this.one(name, path)),
    ) as [number, number];
    if (first > last) throw new TypeError(`${path}: "${part}" runs backwards; give the first node first`);
    return this.names.slice(first, last + 1);
  }

  private unknown(name: string): string {
    const { names } = this;
    const some = names.slice(0, namesShownMax).join(', ');
    const more = names.length > namesShownMax ? `, ... ${names.at(-1)}` : '';
    return `there is no "${name}"; there are ${some}${more}`;
  }
}
