/**
 * Pieces of the benchmark's work with so few messages that each takes moments.
 *
 * Used by the tests of the benchmark's harness. Invariant: what is played is what `npm run bench` plays, but for counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Work {
  name: string;
  shape: string;
  count?: number;
  recipients?: number;
}
export interface System {
  name: string;
  prepare?(folder: string): Promise<{ shared: unknown }>;
}
interface Result {
  work: string;
  figure: string;
  system: string;
  median: number;
  ratios: Record<string, number>;
}
interface Played {
  results: Result[];
  failures: { work: string; system: string; message: string }[];
}

export const bench = new URL('../bench/', import.meta.url);
export const load = (file: string) => import(new URL(file, bench).href);
const { loadSystems } = await load('matrix.mjs');
const { runRounds } = await load('rounds.mjs');
export const { works } = (await load('works.mjs')) as { works: Work[] };

/** What skein's systems share in a run: a mesh key, in this folder. */
const prepared = await prepare();
export const { folder } = prepared;

async function prepare() {
  const folder = mkdtempSync(join(tmpdir(), 'skein-bench-test-'));
  const systems: System[] = await loadSystems(['skein-tls']);
  return { folder, shared: { 'skein-tls': (await systems[0]?.prepare?.(folder))?.shared } };
}

/** Call it after all tests of a file. */
export const clear = () => rmSync(folder, { recursive: true, force: true });

/** Small enough to take no time, large enough to have something in flight. */
function tiny(work: Work) {
  const few = { seconds: { full: 0.1 }, restMs: 10, deadlineMs: 60_000, stallAfterMs: 1000, inFlight: 64 };
  const fewer = work.recipients === undefined ? {} : { recipients: 3, processes: 2 };
  return {
    ...work,
    ...few,
    ...fewer,
    count: work.count === undefined ? undefined : 200,
    letters: 300,
    times: 1,
  };
}

export async function play(names: string[], systems: unknown[], more = {}): Promise<Played> {
  const chosen = works.filter(({ name }) => names.includes(name)).map((work) => ({ ...tiny(work), ...more }));
  return runRounds({ works: chosen, systems, rounds: 1, shared: prepared.shared });
}
