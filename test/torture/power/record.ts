/**
 * A recording: the trace of a broker and its members at work on a store, on the disk of this machine.
 *
 * Used by the run. Invariant: a recording is whole: what its calls leave on the model of the disk is what lies on the
 * real one, byte for byte.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Mutant } from '../../mutants/mutant.ts';
import { buildProgram, copyProduct } from '../product.ts';
import { ownEnvironment, runTraced } from '../strace.ts';
import { Disk } from './disk.ts';
import type { WorkSettings } from './settings.ts';
import { type Call, TraceReader, tracedCalls } from './trace.ts';

export interface Recording {
  /** Has the trace, the disk and the receipts; given back by the caller. */
  readonly folder: string;
  readonly disk: string;
  readonly receipts: string;
  readonly calls: readonly Call[];
}

/** Of the store within the disk: its folders are made by the broker, and a power cut can take them away. */
export const storePath = join('state', 'swarm', 'swarm.sqlite');

/** Longer writes are shortened: those of the reserve. One of SQLite is a page, one of letters to a socket does not count. */
const bytesShownMax = 65_536;
const limitMs = 300_000;

export type Work = Pick<WorkSettings, 'seed' | 'letters' | 'incarnations'>;

export async function record(work: Work, fault: Mutant | undefined): Promise<Recording> {
  // A real disk wherever the folder for temporary files is one: what a sync takes there decides what overlaps.
  const folder = mkdtempSync(join(tmpdir(), 'skein-power-'));
  const program = join(folder, 'program');
  const disk = join(folder, 'disk');
  for (const each of [program, disk, join(folder, 'home')]) mkdirSync(each);
  await copyProduct(program, fault);
  const [members, brokerProgram] = await Promise.all([
    buildProgram('test/torture/power/members.ts', program),
    buildProgram('test/torture/broker.ts', program),
  ]);
  const settings: WorkSettings = {
    ...work,
    store: join(disk, storePath),
    receipts: join(folder, 'receipts'),
    brokerProgram,
  };
  await runTraced(
    [
      '-xx',
      '-y',
      '-s',
      String(bytesShownMax),
      '-o',
      join(folder, 'trace'),
      '-e',
      `trace=${tracedCalls.join(',')}`,
    ],
    [process.execPath, members, JSON.stringify(settings)],
    { env: ownEnvironment(join(folder, 'home')), limitMs },
  );
  rmSync(program, { recursive: true });
  return readRecording(folder);
}

/** One that was kept. @throws Error for a trace that is not understood, or not whole. */
export async function readRecording(folder: string): Promise<Recording> {
  const disk = join(folder, 'disk');
  const receipts = join(folder, 'receipts');
  const calls = await new TraceReader([disk, receipts]).read(join(folder, 'trace'));
  const model = new Disk(disk);
  for (const call of calls) if (call.path !== receipts) model.begin(call)();
  const problem = differenceOf(model.files(), filesIn(disk));
  if (problem !== undefined) throw new Error(`the trace does not say all that has happened: ${problem}`);
  return { folder, disk, receipts, calls };
}

function filesIn(folder: string): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !file.endsWith('-shm')) found.set(relative(folder, file), readFileSync(file));
  }
  return found;
}

function differenceOf(
  model: ReadonlyMap<string, Uint8Array>,
  real: ReadonlyMap<string, Uint8Array>,
): string | undefined {
  for (const name of new Set([...model.keys(), ...real.keys()])) {
    const [ours, theirs] = [model.get(name), real.get(name)];
    if (ours === undefined || theirs === undefined)
      return `${name} is ${theirs === undefined ? 'not ' : ''}on the disk`;
    if (ours.length !== theirs.length) return `${name} has ${theirs.length} bytes, not ${ours.length}`;
    // Of the reserve the trace does not have the bytes.
    const at = name.endsWith('-reserve') ? -1 : ours.findIndex((byte, i) => byte !== theirs[i]);
    if (at >= 0) return `${name} differs at ${at}`;
  }
  return undefined;
}
