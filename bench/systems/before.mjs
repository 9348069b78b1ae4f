// skein of another commit, by the same roles: `--before PATH` names its checkout, which is built. For "not slower than before".
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepare as prepareKey, roles } from './skein-tls.mjs';

export const title = 'skein before';

export { roles };

export async function prepare(folder) {
  const own = join(folder, 'before');
  mkdirSync(own);
  const { shared, end } = await prepareKey(own);
  return { shared: { ...shared, tree: process.env.SKEIN_BENCH_BEFORE }, end };
}
