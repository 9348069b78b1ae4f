/** A part of the store twice, as its model and on SQLite: what is asked of one is asked of the other, and compared. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { logModel } from '../../src/features/log/store/model.ts';
import { logSqlite } from '../../src/features/log/store/sqlite.ts';
import type { LoggedEvent, LogPage } from '../../src/kernel/log-event.ts';
import type { AnyStoreModel } from '../../src/stores/model.ts';
import { type Outcome, StoreParts } from '../../src/stores/parts.ts';
import { SqliteEngine } from '../../src/stores/sqlite/engine.ts';
import { loadSqlite } from '../../src/stores/sqlite/library.ts';
import type { AnySqlitePart } from '../../src/stores/sqlite/part.ts';

const library = loadSqlite();

export function pairOf(model: AnyStoreModel, part: AnySqlitePart) {
  const folder = mkdtempSync(join(tmpdir(), 'skein-part-'));
  const memory = new StoreParts([model, logModel], new Map(), () => '0'.repeat(32));
  const engine = new SqliteEngine({ library, path: join(folder, 'store.sqlite'), parts: [part, logSqlite] });
  const askOf = (feature: string, verb: string, input: unknown): unknown => {
    const operation = { verb, input: input as never };
    const [outcome] = engine.carryOut([{ feature, operation }]);
    const expected = memory.execute(feature, operation);
    expect([verb, shown(outcome as Outcome)]).toEqual([verb, shown(expected)]);
    return expected.ok ? expected.value : undefined;
  };
  const ask = (verb: string, input: unknown): unknown => askOf(model.name, verb, input);
  /** The log of both, which must be the same. */
  const log = (): readonly LoggedEvent[] =>
    (askOf('log', 'read', { after: 0, limit: 10_000, filter: {} }) as LogPage).events;
  const close = (): void => {
    engine.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ask, log, close };
}

function shown(outcome: Outcome): unknown {
  return outcome.ok ? outcome.value : outcome.error.code;
}
