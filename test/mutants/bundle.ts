/**
 * Bundles the simulator into one file, with a mutant in it or as it is.
 *
 * Who calls it: the main program. Invariant: no file of the repository is touched: the text is changed on
 * its way into the bundle, which lies in a temporary folder beside the packages, where it finds them.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { type Mutant, plant } from './mutant.ts';

const program = 'test/mutants/run-seeds.ts';

export class Bundles {
  private readonly folder = resolve('node_modules', '.cache', 'skein', `mutants-${process.pid}`);

  constructor() {
    mkdirSync(this.folder, { recursive: true });
    process.once('exit', () => this.clear());
  }

  /** The bundle's path. @throws Error when the mutant no longer applies. */
  async make(mutant: Mutant | undefined): Promise<string> {
    const file = join(this.folder, `${mutant?.name ?? 'as-it-is'}.mjs`);
    let planted = mutant === undefined;
    const planting: Plugin = {
      name: 'mutant',
      transform: (code, id) => {
        if (mutant === undefined || resolve(id) !== resolve(mutant.file)) return undefined;
        planted = true;
        return plant(mutant, code);
      },
    };
    const build = await rolldown({
      input: program,
      platform: 'node',
      external: (id) => id.startsWith('node:') || /^[^./]/.test(id),
      plugins: [planting],
    });
    await build.write({ file, format: 'esm', codeSplitting: false });
    await build.close();
    if (!planted)
      throw new Error(
        `mutant ${mutant?.name} no longer applies: the simulator does not contain ${mutant?.file}`,
      );
    return file;
  }

  private clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
