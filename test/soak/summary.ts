/**
 * A soak's result in words and tables.
 *
 * Used by main.ts; `--write` puts it into docs/soak.md between two marks. Invariant: everything that it says
 * is in the result.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { quantile } from './growth.ts';
import type { SoakResult } from './run.ts';

const file = 'docs/soak.md';
const beginMark = '<!-- soak: begin -->';
const endMark = '<!-- soak: end -->';
const violationsShownMax = 50;
const datagramMark = ' datagram';

export function summarize(result: SoakResult): string {
  const { settings, violations } = result;
  return [
    `${settings.nodes} processes with a key ${placeOf(result)}, ${minutes(result.durationMs)} minutes, seed ${settings.seed}, Node.js ${process.versions.node}.`,
    table(['', ''], facts(result)),
    table(
      ['fault', 'times'],
      Object.entries(result.faults).map(([kind, count]) => [kind, String(count)]),
    ),
    table(['stranger', 'times', 'refused', 'nobody there', 'given up'], knocks(result)),
    datagrams(result),
    table(['told down after', 'by how many', 'median', '99th of 100', 'longest'], detections(result)),
    violations.length === 0 ? '**Violations: none.**' : violationList(result),
  ].join('\n\n');
}

/** Replaces what the last run wrote. */
export function writeSummary(summary: string): void {
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [text.indexOf(beginMark), text.indexOf(endMark)];
  if (begin < 0 || end < begin)
    throw new Error(`${file} has no '${beginMark}' and '${endMark}' to write between`);
  writeFileSync(file, `${text.slice(0, begin)}${beginMark}\n${summary}\n${text.slice(end)}`);
}

function placeOf({ hosts, poorBecause }: SoakResult): string {
  return poorBecause === undefined
    ? `in ${hosts} network namespaces behind one bridge`
    : `on one host over loopback (${poorBecause}; no network faults)`;
}

function facts(result: SoakResult): string[][] {
  const [start = 0, ...heals] = result.healsMs;
  return [
    ['processes started', String(result.lives)],
    ['messages sent: all, and in calm, when nobody may be missed', `${result.sends}, ${result.sendsInCalm}`],
    ['copies that came in', String(result.deliveries)],
    ['receipts', String(result.receipts)],
    ['recipients missing, as senders were told', String(result.missing)],
    ['nodes told down', String(result.downsTold)],
    ...keyFacts(result),
    [
      'pairs between which a death would have been false, at any moment',
      `${Math.round(100 * result.judgedShare)}%`,
    ],
    ['all knew all after the last start', seconds(start)],
    [
      'all knew all again after a storm: median, longest',
      `${seconds(quantile(heals, 0.5) ?? 0)}, ${seconds(Math.max(0, ...heals))}`,
    ],
    ['longest gap of a loop that was not stopped', seconds(result.longestGapMs)],
    ['RSS at the end: median, largest', `${megabytes(result.rss.median)}, ${megabytes(result.rss.max)}`],
    ...growthFacts(result),
  ];
}

function keyFacts({ rotation, strangers }: SoakResult): string[][] {
  const { rotations, memberSteps, whileDown, whileStopped } = rotation;
  const count = Object.values(strangers).reduce((sum, { knocks: of }) => sum + of, 0);
  return [
    ['changes of the key', String(rotations)],
    [
      'steps of members in them: all, while dead, while stopped',
      `${memberSteps}, ${whileDown}, ${whileStopped}`,
    ],
    ['knocks of strangers, datagrams too', String(count)],
  ];
}

function growthFacts({ growth }: SoakResult): string[][] {
  if (growth.length === 0) return [['growth', 'not judged: no process lived for 25 minutes']];
  const rss = growth.map((of) => of.rssBytesPer10Minutes);
  const heap = growth.map((of) => of.heapBytesPer10Minutes);
  const shown = (values: number[]): string =>
    `${megabytes(quantile(values, 0.5) ?? 0)}, ${megabytes(Math.max(...values))}`;
  return [
    [`RSS in 10 minutes, of ${growth.length} processes: median, steepest`, shown(rss)],
    ['heap in 10 minutes: median, steepest', shown(heap)],
  ];
}

/** With what strangers say became of each; what was under way at the end has not ended. */
function knocks({ strangers }: SoakResult): string[][] {
  return Object.entries(strangers)
    .filter(([kind]) => !kind.endsWith(datagramMark))
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, tally]) => [
      kind,
      ...[tally.knocks, tally.refused, tally.nobody, tally.givenUp].map(String),
    ]);
}

/** Nobody answers a datagram: what became of them only members know. */
function datagrams({ strangers, datagramsUnread }: SoakResult): string {
  const sent = Object.entries(strangers)
    .filter(([kind]) => kind.endsWith(datagramMark))
    .map(([kind, { knocks: count }]) => `${count} ${kind}s`);
  const unread = Object.entries(datagramsUnread).map(([reason, count]) => `${count} as ${reason}`);
  return `Strangers broadcast ${sent.sort().join(', ') || 'no datagrams'}. The members of the end had left unread ${unread.sort().join(', ') || 'none'}.`;
}

function detections({ detectionsMs }: SoakResult): string[][] {
  const words = { kill: 'SIGKILL', stop: 'SIGSTOP', cut: 'a partition' };
  return Object.entries(detectionsMs)
    .filter(([, samples]) => samples.length > 0)
    .map(([cause, samples]) => [
      words[cause as keyof typeof words],
      String(samples.length),
      ...[0.5, 0.99, 1].map((share) => seconds(quantile(samples, share) ?? 0)),
    ]);
}

function violationList({ violations, settings }: SoakResult): string {
  const shown = violations.slice(0, violationsShownMax);
  const lines = shown.map(({ kind, text, atMs }) => `- ${seconds(atMs)}, ${kind}: ${text}`);
  const rest = violations.length - shown.length;
  if (rest > 0) lines.push(`- and ${rest} more`);
  return `**Violations: ${violations.length}** (seed ${settings.seed})\n\n${lines.join('\n')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 1000 ? 3 : 1)} s`;
}

function minutes(milliseconds: number): string {
  return (milliseconds / 60_000).toFixed(1);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}
