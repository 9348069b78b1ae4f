/**
 * What the broker says to a member about tasks, byte for byte. Each is one message of a line (`kernel/lines`).
 *
 * ```
 * ordered    10, varint number, varint count, of each: u8 result (0 stored, 1 repeat, 2 failure), 16 bytes id;
 *            of a failure instead of the id: text code, text message, text details (`kernel/wire/failure.ts`)
 * offers     11, u48 store, varint count, of each: varint n, varint offer, text service, needs, u8 priority
 * withdrawn  12, u48 store, varint count, of each: varint n
 * assigned   13, u48 store, varint opening, varint count, of each: attempt, 16 bytes id, text service, text author, needs, u8 priority,
 *            varint which attempt, varint timeout ms, u8 encoding, bytes input
 * stop       14, u48 store, varint count, of each: attempt, text reason
 * settled    15, u48 store, varint count, of each: attempt, u8 accepted
 * renewed    16, varint number, varint lease ms
 * drain      18, u8 how (0 finish, 1 now, 2 off)
 * news       17, varint count, of each: 16 bytes id, u8 state (its place among all states; unknown is behind them),
 *            varint attempt, text worker, text reason, varint share, text note, u8 of several parts, varint count, of each
 *            result: u8 encoding, bytes result
 * ```
 * `needs`, `attempt` and `share` are in wire-member.ts. Invariant: what is read is whole and within its limits, or undefined.
 */
import { type Reader, Writer } from '../../../kernel/wire/bytes.ts';
import { readFailure, writeFailure } from '../../../kernel/wire/failure.ts';
import { taskLimits } from './limits.ts';
import type { Assignment, FromBroker, TaskNews, TaskOffer } from './messages.ts';
import { type Ordered, type TaskState, taskStates } from './tasks-types.ts';
import {
  listOf,
  plainText,
  readAttempt,
  readEncoded,
  readFlag,
  readId,
  readName,
  readNameOrNone,
  readNote,
  readOneOf,
  readPositive,
  readPriority,
  readReason,
  readRequirements,
  readShare,
  writeAttempt,
  writeEncoded,
  writeList,
  writeNote,
  writeReason,
  writeRequirements,
  writeShare,
} from './wire-fields.ts';
import { TaskKind } from './wire-kinds.ts';

const messageBytesMax = 4096;
const ordersMax = Math.max(taskLimits.tasksPerOrderMax, 1 + taskLimits.taskPartsMax);
const newsStates: readonly [TaskState | 'unknown', ...(TaskState | 'unknown')[]] = [
  'waiting',
  ...taskStates.slice(1),
  'unknown',
];
const drainHows = ['finish', 'now', 'off'] as const;
/** Of everything but an input, or a result. */
const itemBytes = 160;

// ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

export function encodeFromBroker(message: FromBroker): Uint8Array {
  const writer = new Writer(sizeOf(message)).u8(TaskKind[message.type]);
  switch (message.type) {
    case 'ordered':
      writer.varint(message.number);
      writeList(writer, message.outcomes, (outcome) => writeOrdered(writer, outcome));
      break;
    case 'offers':
      writer.u48(message.store);
      writeList(writer, message.offers, ({ n, offer, service, needs, priority }) => {
        writer.varint(n).varint(offer).text(service);
        writeRequirements(writer, needs);
        writer.u8(priority);
      });
      break;
    case 'withdrawn':
      writer.u48(message.store);
      writeList(writer, message.ns, (n) => writer.varint(n));
      break;
    case 'assigned':
      writer.u48(message.store).varint(message.opening);
      writeList(writer, message.tasks, (task) => writeAssignment(writer, task));
      break;
    case 'stop':
      writer.u48(message.store);
      writeList(writer, message.items, (item) => {
        writeAttempt(writer, item);
        writeReason(writer, item.reason);
      });
      break;
    case 'settled':
      writer.u48(message.store);
      writeList(writer, message.items, (item) => {
        writeAttempt(writer, item);
        writer.u8(item.isAccepted ? 1 : 0);
      });
      break;
    case 'renewed':
      writer.varint(message.number).varint(message.leaseMs);
      break;
    case 'drain':
      writer.u8(drainHows.indexOf(message.how));
      break;
    case 'news':
      writeList(writer, message.news, (one) => writeNews(writer, one));
  }
  return writer.view();
}

/** About: a message of large inputs or results is not copied as it grows. */
function sizeOf(message: FromBroker): number {
  if (message.type === 'assigned')
    return message.tasks.reduce((sum, { input }) => sum + input.body.length + itemBytes, 64);
  if (message.type !== 'news') return 256;
  const results = message.news.flatMap((one) => one.results);
  return results.reduce((sum, { body }) => sum + body.length + 8, 64 + message.news.length * itemBytes);
}

function writeOrdered(writer: Writer, outcome: Ordered): void {
  if (outcome.ok) {
    writer.u8(outcome.isRepeat ? 1 : 0).hex(outcome.id);
    return;
  }
  const { failure } = outcome;
  writeFailure(writer.u8(2), { ...failure, message: plainText(failure.message, messageBytesMax) });
}

function writeAssignment(writer: Writer, task: Assignment): void {
  writeAttempt(writer, task);
  writer.hex(task.id).text(task.service).text(task.author);
  writeRequirements(writer, task.needs);
  writer.u8(task.priority).varint(task.attempt).varint(task.timeoutMs);
  writeEncoded(writer, task.input);
}

function writeNews(writer: Writer, one: TaskNews): void {
  writer.hex(one.id).u8(newsStates.indexOf(one.state)).varint(one.attempt).text(one.worker);
  writeReason(writer, one.reason);
  writeShare(writer, one.share);
  writeNote(writer, one.note);
  writer.u8(one.isWhole ? 1 : 0);
  writeList(writer, one.results, (result) => writeEncoded(writer, result));
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

/** @param kind The first byte of the message, which is read already. Undefined: it is none of these. */
export function readFromBroker(kind: number, reader: Reader): FromBroker | undefined {
  const { tasksPerOfferMax, tasksInHandMax, tasksPerClaimMax } = taskLimits;
  switch (kind) {
    case TaskKind.ordered:
      return {
        type: 'ordered',
        number: reader.varint(),
        outcomes: listOf(reader, ordersMax, readOrdered),
      };
    case TaskKind.offers:
      return { type: 'offers', store: reader.u48(), offers: listOf(reader, tasksPerOfferMax, readOffer) };
    case TaskKind.withdrawn:
      return {
        type: 'withdrawn',
        store: reader.u48(),
        ns: listOf(reader, tasksInHandMax, (each) => readPositive(each)),
      };
    case TaskKind.assigned:
      return {
        type: 'assigned',
        store: reader.u48(),
        opening: reader.varint(),
        tasks: listOf(reader, tasksPerClaimMax, readAssignment),
      };
    case TaskKind.stop:
      return {
        type: 'stop',
        store: reader.u48(),
        items: listOf(reader, tasksInHandMax, (each) => ({
          ...readAttempt(each),
          reason: readReason(each),
        })),
      };
    case TaskKind.settled:
      return {
        type: 'settled',
        store: reader.u48(),
        items: listOf(reader, tasksInHandMax, (each) => ({
          ...readAttempt(each),
          isAccepted: readFlag(each),
        })),
      };
    case TaskKind.drain:
      return { type: 'drain', how: readOneOf(reader, drainHows) };
    case TaskKind.renewed:
      return {
        type: 'renewed',
        number: reader.varint(),
        leaseMs: reader.varint(taskLimits.taskDelayMsMax),
      };
    case TaskKind.news:
      return { type: 'news', news: listOf(reader, taskLimits.tasksPerMessageMax, readNews) };
    default:
      return undefined;
  }
}

function readOrdered(reader: Reader): Ordered {
  const result = reader.u8();
  if (result < 2) return { ok: true, isRepeat: result === 1, id: readId(reader) };
  if (result > 2) reader.fail();
  const failure = readFailure(reader);
  if (plainText(failure.message, messageBytesMax) !== failure.message) reader.fail();
  return { ok: false, failure };
}

function readOffer(reader: Reader): TaskOffer {
  return {
    n: readPositive(reader),
    offer: reader.varint(),
    service: readName(reader),
    needs: readRequirements(reader),
    priority: readPriority(reader),
  };
}

function readAssignment(reader: Reader): Assignment {
  return {
    ...readAttempt(reader),
    id: readId(reader),
    service: readName(reader),
    author: readName(reader),
    needs: readRequirements(reader),
    priority: readPriority(reader),
    attempt: readPositive(reader, taskLimits.taskAttemptsMax),
    timeoutMs: reader.varint(taskLimits.taskDelayMsMax),
    input: readEncoded(reader, taskLimits.taskInputBytes),
  };
}

function readNews(reader: Reader): TaskNews {
  return {
    id: readId(reader),
    state: readOneOf(reader, newsStates),
    attempt: reader.varint(taskLimits.taskAttemptsMax),
    worker: readNameOrNone(reader),
    reason: readReason(reader),
    share: readShare(reader),
    note: readNote(reader),
    isWhole: readFlag(reader),
    results: listOf(reader, taskLimits.taskPartsMax, (each) => readEncoded(each, taskLimits.taskResultBytes)),
  };
}
