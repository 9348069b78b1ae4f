/**
 * What is kept of ends that their author has not heard of: letters that have failed, expired or were refused.
 *
 * Used by the model of letters. Invariant: an author hears of them in the order of their numbers, which are given once;
 * none outlives its letter, and of one author only a limited number waits.
 */
import { Cell, Table } from '../../../stores/collections.ts';
import type { RecipientState, Unheard } from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';

export interface ReportRow {
  readonly n: number;
  readonly id: string;
  readonly recipient: string;
  readonly state: RecipientState;
  readonly reason: string;
}

export interface ReportState {
  readonly lastReport: Cell<number>;
  /** By author and number. */
  readonly reports: Table<readonly [string, number], ReportRow>;
  /** By author. */
  readonly droppedReports: Table<string, number>;
}

export function noReports(): ReportState {
  return { lastReport: new Cell(0), reports: new Table(), droppedReports: new Table() };
}

export function addReport(state: ReportState, author: string, row: ReportRow): void {
  const report = state.lastReport.value + 1;
  state.lastReport.value = report;
  state.reports.put([author, report], row);
}

/** Called once all of an operation are there. */
export function dropReports(state: ReportState, authors: Iterable<string>): void {
  for (const author of new Set(authors)) {
    const all = reportsOf(state, author);
    const over = all.slice(0, Math.max(0, all.length - letterLimits.letterReportsMax));
    for (const [key] of over) state.reports.delete(key);
    if (over.length > 0) putDropped(state, author, droppedOf(state, author) + over.length);
  }
}

export function unheardOf(
  state: ReportState,
  { author, limit }: { readonly author: string; readonly limit: number },
): Unheard {
  const reports = reportsOf(state, author)
    .slice(0, limit)
    .map(([[, report], { n: _, ...row }]) => ({ ...row, author, report }));
  return { reports, dropped: droppedOf(state, author) };
}

export function heard(
  state: ReportState,
  { author, report, dropped }: { readonly author: string; readonly report: number; readonly dropped: number },
): void {
  for (const [key] of reportsOf(state, author)) if (key[1] <= report) state.reports.delete(key);
  putDropped(state, author, Math.max(0, droppedOf(state, author) - dropped));
}

/** Those of a letter; @param recipient Of this one alone. */
export function takeBack(state: ReportState, author: string, n: number, recipient?: string): void {
  for (const [key, row] of reportsOf(state, author))
    if (row.n === n && (recipient === undefined || row.recipient === recipient)) state.reports.delete(key);
}

function reportsOf({ reports }: ReportState, author: string) {
  return [...reports.rows({ from: [author, 0], below: [author, Number.POSITIVE_INFINITY] })];
}

function droppedOf({ droppedReports }: ReportState, author: string): number {
  return droppedReports.get(author) ?? 0;
}

function putDropped({ droppedReports }: ReportState, author: string, count: number): void {
  if (count > 0) droppedReports.put(author, count);
  else droppedReports.delete(author);
}
