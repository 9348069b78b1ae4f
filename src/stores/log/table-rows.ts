/** Rows of a log in memory: what the models of a store append to. Made by the store's parts. */
import type { Table } from '../collections.ts';
import type { LogRow, LogRowHead, LogRows } from './rows.ts';

type Row = Omit<LogRow, 'last'>;

export class TableRows implements LogRows {
  private readonly table: Table<number, Row>;

  constructor(table: Table<number, Row>) {
    this.table = table;
  }

  oldest(): LogRowHead | undefined {
    for (const [last, row] of this.table.rows()) return { last, ...row };
    return undefined;
  }

  newest(): LogRowHead | undefined {
    const [last, row] = this.table.last() ?? [];
    return last === undefined || row === undefined ? undefined : { last, ...row };
  }

  insert({ last, ...row }: LogRow): void {
    this.table.put(last, row);
  }

  delete(last: number): void {
    this.table.delete(last);
  }

  headFrom(n: number): LogRowHead | undefined {
    for (const [last, row] of this.table.rows({ from: n })) return { last, ...row };
    return undefined;
  }

  headBefore(n: number): LogRowHead | undefined {
    return [...this.heads(n)].at(-1);
  }

  runAfter(n: number): LogRowHead | undefined {
    for (const [last, row] of this.table.rows({ from: n + 1 })) if (row.ahead < 0) return { last, ...row };
    return undefined;
  }

  runUpTo(n: number): LogRowHead | undefined {
    return [...this.heads(n + 1)].findLast(({ ahead }) => ahead < 0);
  }

  after(n: number, rows: number, bytes: number): readonly LogRow[] {
    const found: LogRow[] = [];
    for (const [last, row] of this.table.rows({ from: n + 1 })) {
      const first = found[0] ?? row;
      if (found.length === rows || row.start > first.start + bytes) break;
      found.push({ last, ...row });
    }
    return found;
  }

  backFrom(n: number, rows: number, bytes: number): readonly LogRow[] {
    const [own] = this.after(n - 1, 1, 0);
    if (own === undefined) return [];
    const before = [...this.table.rows({ below: own.last })]
      .filter(([, { start }]) => start >= own.start - bytes)
      .map(([last, row]) => ({ last, ...row }));
    return [own, ...before.reverse().slice(0, rows - 1)];
  }

  private *heads(below: number): Iterable<LogRowHead> {
    for (const [last, row] of this.table.rows({ below })) yield { last, ...row };
  }
}
