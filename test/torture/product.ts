/**
 * The package as it is now, or with a fault planted in its store, and programs that use it.
 *
 * Used by the torture programs. Invariant: what runs is a copy of `dist`, reached by the package's own name, and a build
 * meanwhile changes nothing of it; a fault is planted in the source of the store's thread, whose text must hold what is
 * replaced exactly once.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { type Mutant, plant } from '../mutants/mutant.ts';

/** Where a trial runs: all of it is gone afterwards. */
export interface TrialFolder {
  readonly folder: string;
  /** With the copy of the package. */
  readonly program: string;
  /** Of the programs' user. */
  readonly home: string;
}

/** @throws Error when the package has not been built. */
export async function inTrialFolder<Value>(
  name: string,
  fault: Mutant | undefined,
  act: (place: TrialFolder) => Promise<Value>,
): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), `skein-${name}-`));
  const [program, home] = [join(folder, 'program'), join(folder, 'home')];
  for (const each of [program, home]) mkdirSync(each);
  try {
    await copyProduct(program, fault);
    return await act({ folder, program, home });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param folder Is there, and is given back by the caller. @throws Error when the package has not been built. */
export async function copyProduct(folder: string, fault: Mutant | undefined): Promise<void> {
  if (!existsSync('dist/index.js')) throw new Error('dist is missing: run `npm run build` first');
  cpSync('dist', join(folder, 'dist'), {
    recursive: true,
    filter: (name) => !/\.(d\.ts|tsbuildinfo)$/.test(name),
  });
  cpSync('package.json', join(folder, 'package.json'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  if (fault !== undefined) await plantIn(join(folder, 'dist', 'chunks'), fault);
}

/** A program that imports the package, as one file beside its copy. @returns the file. */
export async function buildProgram(input: string, folder: string): Promise<string> {
  const file = join(folder, `${basename(input, '.ts')}.mjs`);
  await bundle(input, file, {
    name: 'by-its-name',
    resolveId: (id) => (id.endsWith('/src/index.ts') ? { id: 'skein', external: true } : undefined),
  });
  return file;
}

/** In what the store's thread runs: its program, or what features keep. */
async function plantIn(chunks: string, fault: Mutant): Promise<void> {
  const [input, name] = fault.file.startsWith('src/features/')
    ? ['src/features/sqlite-parts.ts', 'sqlite-parts.js']
    : ['src/stores/sqlite/worker.ts', 'worker.js'];
  let isPlanted = false;
  await bundle(input, join(chunks, name), {
    name: 'fault',
    transform: (code, id) => {
      if (resolve(id) !== resolve(fault.file)) return undefined;
      isPlanted = true;
      return plant(fault, code);
    },
  });
  if (!isPlanted)
    throw new Error(
      `fault ${fault.name} no longer applies: the store's thread does not contain ${fault.file}`,
    );
}

async function bundle(input: string, file: string, plugin: Plugin): Promise<void> {
  const build = await rolldown({
    input,
    platform: 'node',
    external: (id) => id.startsWith('node:') || /^[^./]/.test(id),
    plugins: [plugin],
  });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
}
