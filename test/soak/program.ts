/**
 * The programs of a soak, built once for a run beside a copy of the package as it is now.
 *
 * Used by whoever starts members or strangers. Invariant: what runs is `dist`, reached by the package's own
 * name as any program reaches it, and a build during the run changes nothing of it.
 */
import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

export interface Programs {
  /** What `skein` runs. */
  readonly skein: string;
  readonly member: string;
  readonly stranger: string;
}

/** @throws Error when the package has not been built. */
export async function buildPrograms(folder: string): Promise<Programs> {
  if (!existsSync('dist/index.js')) throw new Error('dist is missing: run `npm run build` first');
  cpSync('dist', join(folder, 'dist'), { recursive: true });
  cpSync('package.json', join(folder, 'package.json'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return {
    skein: join(folder, 'dist', 'cli', 'main.js'),
    member: await bundle('test/soak/member.ts', join(folder, 'member.mjs')),
    stranger: await bundle('test/soak/stranger.ts', join(folder, 'stranger.mjs')),
  };
}

async function bundle(input: string, file: string): Promise<string> {
  const build = await rolldown({
    input,
    platform: 'node',
    external: (id) => id.startsWith('node:'),
    plugins: [{ name: 'by-its-name', resolveId: packageName }],
  });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
  return file;
}

function packageName(id: string): { id: string; external: true } | undefined {
  return id.endsWith('/src/index.ts') ? { id: 'skein', external: true } : undefined;
}
