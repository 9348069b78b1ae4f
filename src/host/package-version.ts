/**
 * The version of this package; what a node announces unless it is given another one.
 *
 * Who calls it: create-node. Invariant: it is that of package.json, which the build writes into the code: a program that was
 * bundled lies anywhere, beside the package.json of another one.
 */
import { readFileSync } from 'node:fs';

/** Not there in the sources. */
declare const VERSION_OF_SKEIN: string | undefined;

export function packageVersion(): string {
  if (typeof VERSION_OF_SKEIN === 'string') return VERSION_OF_SKEIN;
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
