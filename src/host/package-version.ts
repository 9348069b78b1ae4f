/**
 * The version of this package, as its package.json says; what a node announces unless told otherwise.
 *
 * Who calls it: create-node. Invariant: read from the file that npm installed, so that it cannot differ
 * from it.
 */
import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
