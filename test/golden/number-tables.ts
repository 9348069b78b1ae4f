/**
 * Every table of wire numbers that the source exports: `CallType`, `RouteKind`, `ReplyStatus` and the like, found by
 * reading the source, so that none is forgotten. Invariant: a constant counts whose name ends as those do and whose
 * values are all numbers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { NumberTable } from '../samples/sample.ts';

export interface FoundTable {
  /** `CallType of src/features/calls/core/...` */
  readonly place: string;
  readonly table: NumberTable;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const declared = /^export const (\w*(?:Type|Kind|Status|Flag|Protocol)) = \{/gm;

export async function numberTables(): Promise<FoundTable[]> {
  const found: FoundTable[] = [];
  for (const path of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (!path.endsWith('.ts') || /\.(test|test-d|d)\.ts$/.test(path)) continue;
    const file = join(root, 'src', path);
    const names = [...readFileSync(file, 'utf8').matchAll(declared)].map(([, name]) => name as string);
    if (names.length === 0) continue;
    const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    for (const name of names) {
      const table = module[name];
      if (isTable(table)) found.push({ place: `${name} of src/${path}`, table });
    }
  }
  return found;
}

function isTable(value: unknown): value is NumberTable {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((one) => typeof one === 'number')
  );
}
