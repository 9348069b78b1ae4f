/**
 * The claims of a Markdown document and the tests they name.
 *
 * Used by the check of references. A claim is a row of a table (but its head) or an item of a list,
 * anywhere outside code. It names tests in code spans, `file.test.ts › group › test`, itself or by a
 * footnote. Invariant: each claim is found with its line, whatever surrounds it.
 */

/** `test/x.test.ts › group › test` */
export interface Reference {
  readonly line: number;
  readonly file: string;
  readonly names: readonly string[];
}

export interface Claim {
  readonly line: number;
  readonly text: string;
  /** The last cell of a table's row; undefined for an item of a list. */
  readonly lastCell: string | undefined;
  readonly references: readonly Reference[];
  readonly footnotes: readonly string[];
}

interface Footnote {
  readonly line: number;
  readonly label: string;
  readonly references: readonly Reference[];
}

export interface Document {
  readonly claims: readonly Claim[];
  readonly footnotes: readonly Footnote[];
}

interface Block {
  readonly line: number;
  readonly text: string;
}

const rowStart = /^\s*\|/;
const tableRule = /^\s*\|[\s:|-]+\|\s*$/;
const item = /^\s*(?:[-*+]|\d+[.)])\s+/;
const footnoteStart = /^\[\^([^\]]+)\]:/;

export function parseDocument(text: string): Document {
  const claims: Claim[] = [];
  const footnotes: Footnote[] = [];
  for (const block of blocksOf(text)) {
    const label = footnoteStart.exec(block.text)?.[1];
    if (label !== undefined) footnotes.push({ line: block.line, label, references: referencesIn(block) });
    else if (rowStart.test(block.text) || item.test(block.text)) claims.push(claimOf(block));
  }
  return { claims, footnotes };
}

/** Rows, items and footnotes with the lines that continue them; the rest line by line. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let inCode = false;
  let open = false;
  for (const [index, line] of lines.entries()) {
    if (/^\s*(```|~~~)/.test(line)) inCode = !inCode;
    else if (!inCode && rowStart.test(line)) {
      const isHead = tableRule.test(lines[index + 1] ?? '');
      if (!isHead && !tableRule.test(line)) blocks.push({ line: index + 1, text: line });
      open = false;
      continue;
    } else if (!inCode && (item.test(line) || footnoteStart.test(line))) {
      blocks.push({ line: index + 1, text: line });
      open = true;
      continue;
    } else if (!inCode && open && /^\s+\S/.test(line)) {
      const last = blocks.pop() as Block;
      blocks.push({ line: last.line, text: `${last.text} ${line.trim()}` });
      continue;
    }
    open = false;
  }
  return blocks;
}

function claimOf(block: Block): Claim {
  const isRow = rowStart.test(block.text);
  const footnotes = [...block.text.matchAll(/\[\^([^\]]+)\]/g)].map(([, label]) => label as string);
  const lastCell = isRow ? cellsOf(block.text).at(-1) : undefined;
  return { ...block, lastCell, references: referencesIn(block), footnotes };
}

function cellsOf(row: string): string[] {
  const cells = row.trim().split(/(?<!\\)\|/);
  return cells.slice(1, row.trim().endsWith('|') ? -1 : undefined).map((cell) => cell.trim());
}

function referencesIn({ text, line }: Block): Reference[] {
  const spans = [...text.matchAll(/(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g)].map(([, , span]) => span as string);
  return spans.flatMap((span) => {
    const [file, ...names] = span
      .replaceAll('\\|', '|')
      .split('›')
      .map((part) => part.trim());
    return file !== undefined && names.length > 0 ? [{ line, file, names }] : [];
  });
}
