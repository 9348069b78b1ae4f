/**
 * The simulator as one file, for the seeds: what vitest transforms calls other modules through getters, and a seed takes
 * a sixth more processor time.
 *
 * Who calls it: `swarm.ts`, once for each worker. Invariant: it is made from the sources as they are at that moment, and
 * no file of it stays behind. Its stacks name the bundle, so a run that fails is repeated from the sources.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

type Simulator = Pick<typeof import('../../src/sim/index.ts'), 'runSimulation'>;

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function bundledSimulator(): Promise<Simulator> {
  // Beside the packages, so that the bundle finds them.
  const folder = join(root, 'node_modules', '.cache', 'skein');
  const file = join(folder, `seeds-${process.pid}.mjs`);
  mkdirSync(folder, { recursive: true });
  const build = await rolldown({
    input: join(root, 'src', 'sim', 'index.ts'),
    platform: 'node',
    external: (id) => id.startsWith('node:') || /^[^./]/.test(id),
  });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
  try {
    return await import(/* @vite-ignore */ pathToFileURL(file).href);
  } finally {
    // It is in memory now, and a worker that is ended has no moment to clear up.
    rmSync(file, { force: true });
  }
}
