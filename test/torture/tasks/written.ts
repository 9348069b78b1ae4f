/**
 * What the members of a fleet have written down, put together.
 *
 * Used by the run, which looks for its next step in it, and by the judge. Invariant: a line that cannot be read is a problem.
 */
import { type Diaries, linesOf } from '../diary.ts';

/** One attempt, as its worker has written it down. */
export interface Execution {
  readonly worker: string;
  readonly id: string;
  readonly fence: number;
  readonly at: number;
  /** Its signal has fired since the lease of its worker was over. */
  leaseOverAt: number;
  endedAt: number;
  isDone: boolean;
}

export interface Written {
  /** When incarnations have begun, by member. */
  readonly started: Map<string, number[]>;
  readonly stored: Map<string, string>;
  readonly executions: Map<string, Execution[]>;
  readonly cancelled: Map<string, string>;
  readonly results: Map<string, number>;
  readonly listed: Map<string, string>;
  readonly failed: Map<string, number>;
  isListed: boolean;
  readonly problems: string[];
}

const never = Number.POSITIVE_INFINITY;
/** What may stand behind the first word of a line. */
const patterns: Readonly<Record<string, RegExp>> = {
  started: /^\d+ \d+ \d+$/,
  ordering: /^\S+$/,
  stored: /^\S+ [0-9a-f]{32}$/,
  failed: /^\S+ \S+$/,
  cancelled: /^\S+ \S+$/,
  uncancelled: /^\S+ \S+$/,
  result: /^\S+ \d+$/,
  unresolved: /^\S+ \S+$/,
  begun: /^\S+ [0-9a-f]{32} \d+ \d+ \d+$/,
  said: /^\S+ \d+ \d+$/,
  lease: /^\S+ \d+ \d+$/,
  signal: /^\S+ \d+ \d+$/,
  ended: /^\S+ \d+ (?:done|threw) \d+$/,
  listed: /^[0-9a-f]{32} \S+$/,
  'listed-all': /^$/,
  unlisted: /^\S+$/,
  cut: /^\d+$/,
};

export function read(diaries: Diaries): Written {
  const written: Written = {
    ...{
      started: new Map(),
      stored: new Map(),
      executions: new Map(),
      cancelled: new Map(),
      results: new Map(),
    },
    ...{ listed: new Map(), failed: new Map(), isListed: false, problems: [] },
  };
  for (const [name, text] of diaries)
    for (const line of linesOf(text)) {
      const [what = '', ...words] = line.split(' ');
      if (patterns[what]?.test(words.join(' ')) !== true)
        written.problems.push(`${name} has written what cannot be read: ${line.slice(0, 80)}`);
      else readLine(written, name, what, words);
    }
  return written;
}

function readLine(written: Written, name: string, what: string, words: readonly string[]): void {
  const [first = '', second = '', third = ''] = words;
  const at = Number(words.at(-1));
  const executions = written.executions.get(first) ?? [];
  const execution = executions.findLast((each) => each.worker === name && each.fence === Number(second));
  switch (what) {
    case 'started':
      return void written.started.set(name, [...(written.started.get(name) ?? []), Number(second)]);
    case 'stored':
      if ((written.stored.get(first) ?? second) !== second)
        written.problems.push(`task ${first} has two ids, ${written.stored.get(first)} and ${second}`);
      return void written.stored.set(first, second);
    case 'failed':
      return void written.failed.set(second, (written.failed.get(second) ?? 0) + 1);
    case 'cancelled':
      return void written.cancelled.set(first, second);
    case 'result':
      return void written.results.set(first, Number(second));
    case 'listed':
      return void written.listed.set(first, second);
    case 'listed-all':
      written.isListed = true;
      return;
    case 'begun':
      executions.push({
        ...{ worker: name, id: second, fence: Number(third), at },
        ...{ leaseOverAt: never, endedAt: never, isDone: false },
      });
      return void written.executions.set(first, executions);
    case 'lease':
      if (execution !== undefined) execution.leaseOverAt = at;
      return;
    case 'ended':
      if (execution === undefined) return;
      execution.endedAt = at;
      execution.isDone = third === 'done';
  }
}
