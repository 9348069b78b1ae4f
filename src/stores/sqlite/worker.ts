/**
 * The store's thread: takes operations, makes them durable in groups, and gives back their outcomes.
 *
 * Started by `SqliteStore`. When one commit ends the next takes what has come meanwhile, so that a slow disk has larger
 * groups, without a timer and without a word of the store between. Invariant: it ends by the message that asks for it, once the file is closed: ending a thread
 * from outside in the middle of a call of SQLite aborts the whole process.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Failure, failureOf } from '../../kernel/errors.ts';
import { groupLength, type SizedEntry } from '../group.ts';
import type { Outcome } from '../parts.ts';
import { SqliteEngine } from './engine.ts';
import { loadSqlite } from './library.ts';
import type { FromThread, StoreThreadData, ToThread } from './messages.ts';
import type { AnySqlitePart } from './part.ts';

const { path, modules, before } = workerData as StoreThreadData;
const port = parentPort as NonNullable<typeof parentPort>;
/** Operations that were not begun. */
let line: SizedEntry[] = [];

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
    takeAll(engine, message);
    if (engine.isOver) port.close();
  });
  say({ type: 'open', id: engine.id, epoch: engine.claimedEpoch });
}

/** Until nothing waits, or the engine is over. */
function takeAll(engine: SqliteEngine, first: ToThread): void {
  let message: ToThread | undefined = first;
  while (!engine.isOver && (message !== undefined || line.length > 0)) {
    if (message?.type === 'operations') line = line.concat(message.operations);
    else {
      if (line.length > 0) {
        carryOutGroup(engine);
        // What comes after the line waits for its end.
        if (message !== undefined) continue;
      } else if (message?.type === 'backup') say({ type: 'backup', ...backup(engine, message.file) });
      else engine.close();
    }
    message = nextMessage();
  }
}

function nextMessage(): ToThread | undefined {
  return receiveMessageOnPort(port)?.message as ToThread | undefined;
}

function carryOutGroup(engine: SqliteEngine): void {
  const group = line.slice(0, groupLength(line));
  line = line.slice(group.length);
  const outcomes = engine.carryOut(group).map(toSay);
  say({ type: 'outcomes', outcomes, isLast: engine.isOver, epoch: engine.claimedEpoch });
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
