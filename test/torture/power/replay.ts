/**
 * Cuts the power of a recording at many moments, and has each disk judged that it may leave.
 *
 * Used by the run. The calls are replayed once, on one model of the disk; at each cut what it may leave is written to a
 * folder. Invariant: what a cut leaves depends on the recording, the seed and the number of the cut only.
 */
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SeededRandom } from '../../../src/sim/world/random.ts';
import { Disk, type Survival } from './disk.ts';
import { type Problem, problemsOf } from './judge.ts';
import { Receipts } from './receipts.ts';
import { type Recording, storePath } from './record.ts';
import type { Call } from './trace.ts';

export interface Cuts {
  readonly count: number;
  readonly seed: number;
}

/** A state that breaks what was promised. */
interface BadState {
  readonly cut: number;
  /** The line of the trace after which the power was cut. */
  readonly line: number;
  readonly survival: Survival;
  readonly problems: readonly Problem[];
}

export interface Verdict {
  readonly calls: number;
  readonly writes: number;
  readonly syncs: number;
  readonly stored: number;
  readonly settled: number;
  readonly ordered: number;
  readonly done: number;
  readonly states: number;
  readonly bad: readonly BadState[];
}

interface Moment {
  readonly line: number;
  readonly call: Call;
  readonly isReturn: boolean;
}

interface Cut {
  readonly number: number;
  /** How many of the moments have passed. */
  readonly after: number;
  readonly random: SeededRandom;
}

const survivals: readonly Survival[] = ['nothing', 'some', 'some', 'some', 'everything'];

const memoryFolder = '/dev/shm';
/** A state may have 20 MiB, and what has been deleted is given back only once its database is collected. */
const memoryBytesMin = 2 * 1024 ** 3;

export function replay(recording: Recording, cuts: Cuts): Verdict {
  const { disk: path, receipts: file, calls } = recording;
  const moments = momentsOf(calls);
  const disk = new Disk(path);
  const receipts = new Receipts();
  const returns = new Map<Call, () => void>();
  const pass = ({ call, isReturn }: Moment): void => {
    if (call.path === file) {
      if (!isReturn && call.type === 'write') receipts.add(call);
    } else if (isReturn) returns.get(call)?.();
    else returns.set(call, disk.begin(call));
  };
  const bad: BadState[] = [];
  const folder = mkdtempSync(join(stateFolder(), 'skein-power-'));
  try {
    let passed = 0;
    for (const cut of drawCuts(moments, file, cuts)) {
      while (passed < cut.after) pass(moments[passed++] as Moment);
      const survival = cut.random.pick(survivals);
      const state = join(folder, String(cut.number));
      write(state, disk.filesAfterCut(survival, cut.random));
      const problems = problemsOf(join(state, storePath), receipts);
      const { line } = moments[cut.after - 1] as Moment;
      if (problems.length > 0) bad.push({ cut: cut.number, line, survival, problems });
      rmSync(state, { recursive: true });
    }
    while (passed < moments.length) pass(moments[passed++] as Moment);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const count = (type: Call['type']) =>
    calls.filter((call) => call.type === type && call.path !== file).length;
  const { stored, settled, ordered, done } = receipts;
  return {
    calls: calls.length,
    writes: count('write'),
    syncs: count('sync'),
    stored: stored.size,
    settled: settled.size,
    ordered: ordered.size,
    done: done.size,
    states: cuts.count,
    bad,
  };
}

/** The states are many, and none is kept: they lie in memory where there is enough. */
function stateFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(memoryFolder);
    return bavail * bsize >= memoryBytesMin ? memoryFolder : tmpdir();
  } catch {
    return tmpdir();
  }
}

function momentsOf(calls: readonly Call[]): Moment[] {
  const moments = calls.flatMap((call): Moment[] => [
    { line: call.begin, call, isReturn: false },
    { line: call.end, call, isReturn: true },
  ]);
  // A call in one line returns after it has begun: the order of equals stays.
  return moments.filter(({ line }) => Number.isFinite(line)).sort((a, b) => a.line - b.line);
}

/** One half at any moment, the other where the last thing that has happened is a receipt. */
function drawCuts(moments: readonly Moment[], receipts: string, { count, seed }: Cuts): Cut[] {
  const afterReceipts = moments.flatMap(({ call, isReturn }, i) =>
    call.path === receipts && call.type === 'write' && !isReturn ? [i + 1] : [],
  );
  const cuts = Array.from({ length: count }, (_, number): Cut => {
    const random = new SeededRandom(`cut ${seed}/${number}`);
    const after = random.chance(0.5) ? random.pick(afterReceipts) : random.integer(1, moments.length);
    return { number, after, random };
  });
  return cuts.sort((a, b) => a.after - b.after);
}

function write(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  mkdirSync(dirname(join(folder, storePath)), { recursive: true });
  for (const [name, bytes] of files) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    // Nobody reads the reserve: its size is enough.
    const isReserve = name.endsWith('-reserve');
    writeFileSync(file, isReserve ? '' : bytes);
    if (isReserve) truncateSync(file, bytes.length);
  }
}
