/**
 * The store's thread: takes groups of operations and gives back their outcomes.
 *
 * Started by `SqliteStore`. Invariant: it ends by the message that asks for it, once the file is closed: ending a thread
 * from outside in the middle of a call of SQLite aborts the whole process.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Failure, failureOf } from '../../kernel/errors.ts';
import type { Outcome } from '../parts.ts';
import { SqliteEngine } from './engine.ts';
import { loadSqlite } from './library.ts';
import type { FromThread, StoreThreadData, ToThread } from './messages.ts';
import type { AnySqlitePart } from './part.ts';

const { path, modules, before } = workerData as StoreThreadData;
const port = parentPort as NonNullable<typeof parentPort>;

function say(message: FromThread): void {
  port.postMessage(message);
}

async function begin(): Promise<void> {
  const parts: AnySqlitePart[] = [];
  for (const module of modules) parts.push(...((await import(module)) as { parts: AnySqlitePart[] }).parts);
  const library = loadSqlite();
  const warn = (text: string) => say({ type: 'warning', text });
  const engine = new SqliteEngine({
    library,
    path,
    parts,
    warn,
    ...(before === undefined ? {} : { before }),
  });
  port.on('message', (message: ToThread) => {
    if (message.type === 'group') {
      const outcomes = engine.carryOut(message.group).map(toSay);
      say({ type: 'outcomes', outcomes, isLast: engine.isOver, epoch: engine.claimedEpoch });
    } else if (message.type === 'backup') say({ type: 'backup', ...backup(engine, message.file) });
    else engine.close();
    if (engine.isOver) port.close();
  });
  say({ type: 'open', id: engine.id, epoch: engine.claimedEpoch });
}

function backup(engine: SqliteEngine, file: string): { failure?: Failure } {
  try {
    engine.backup(file);
    return {};
  } catch (error) {
    return { failure: failureOf(error, 'the backup') };
  }
}

function toSay(outcome: Outcome) {
  return outcome.ok ? outcome : { ok: false as const, failure: failureOf(outcome.error, 'the store') };
}

begin().catch((error: unknown) => {
  say({ type: 'failed', failure: failureOf(error, 'the store') });
  port.close();
});
