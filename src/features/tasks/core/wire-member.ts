/**
 * What a member says to the broker about tasks, byte for byte. Each is one message of a line (`kernel/lines`).
 *
 * ```
 * order     1, varint number, u8 together (1: all are stored or none), varint count, of each: 16 bytes id, u8 flags
 *           (1 idempotent, 2 result as a letter, 4 may wait for workers, 8 has a parent, 16 repeats a task),
 *           u8 priority, text service, u8 encoding, bytes input, needs, varint delay ms, varint deadline ms,
 *           varint timeout ms, varint attempts, text key, text digest, varint count, of each it waits for: 16 bytes id;
 *           varint part, 16 bytes parent where it has one, 16 bytes id of the task that it repeats
 * work      2, varint count, of each: text service, varint concurrency, varint queue, u8 idempotent; capacity,
 *           u8 draining, varint opening, varint stall tolerance ms, u48 store, varint count, of each in hand: attempt,
 *           u8 state (0 assigned, 1 running, 2 ended)
 * answers   3, u48 store, varint count, of each: varint n, varint offer, text why it is declined
 * started   4, u48 store, varint count, of each: attempt
 * progress  5, u48 store, varint count, of each: attempt, varint share, text note
 * ended     6, u48 store, varint count, of each: attempt, u8 outcome (0 done, 1 failed, 2 stopped, 3 given back), u8 final,
 *           varint ran (0: that it had begun was said, or it had not; else one more than the ms that it was at work); of one that is done: u8 encoding, bytes result; of others: text reason
 * renew     7, varint number, varint load (as a share), varint free memory, varint done, varint failed, varint mean ms
 * follow    8, varint count, of each: 16 bytes id
 * unfollow  9, the same
 *
 * capacity  varint cores, varint memory, varint count, of each: text software; varint count, of each: text kind, varint units
 * needs     capacity, text node, varint count, of each node that may not run it: text name
 * attempt   varint n, varint fence
 * share     0: nothing is said; else one more than its ten thousandths
 * ```
 * `store` is the first 48 bits of the store's id. Invariant: what is read is whole and within its limits, or undefined.
 */
import { limits } from '../../../kernel/limits.ts';
import { type Reader, Writer } from '../../../kernel/wire/bytes.ts';
import { nothing } from './encoded.ts';
import { taskLimits } from './limits.ts';
import type { FromMember, HandedIn, InHand, WorkerFigures } from './messages.ts';
import type { Offered } from './requirements.ts';
import type { Order } from './tasks-types.ts';
import {
  listOf,
  readAttempt,
  readAttempts,
  readCapacity,
  readEncoded,
  readFlag,
  readFlags,
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
  readText,
  writeAttempt,
  writeCapacity,
  writeEncoded,
  writeIds,
  writeList,
  writeNote,
  writeReason,
  writeRequirements,
  writeShare,
} from './wire-fields.ts';
import { OrderFlag, TaskKind } from './wire-kinds.ts';

/** One of several parts stands in the same message as all of them. */
const ordersMax = Math.max(taskLimits.tasksPerOrderMax, 1 + taskLimits.taskPartsMax);
const allOrderFlags = Object.values(OrderFlag).reduce((all: number, flag) => all | flag, 0);
const digestPattern = /^[0-9a-f]{0,64}$/;
const digestBytesMax = 64;
const inHandStates = ['assigned', 'running', 'ended'] as const;
/** That its worker has died is for the broker to say. */
const outcomes: readonly ['done', ...HandedIn['outcome'][]] = ['done', 'failed', 'stopped', 'given-back'];
/** Of everything but its input. */
const orderBytes = 160;

type Message<Type extends FromMember['type']> = Extract<FromMember, { readonly type: Type }>;

// ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

export function encodeFromMember(message: FromMember): Uint8Array {
  const writer = new Writer(sizeOf(message)).u8(TaskKind[message.type]);
  switch (message.type) {
    case 'order':
      writer.varint(message.number).u8(message.isTogether ? 1 : 0);
      writeList(writer, message.orders, (order) => writeOrder(writer, order));
      break;
    case 'work':
      writeWork(writer, message);
      break;
    case 'answers':
      writer.u48(message.store);
      writeList(writer, message.answers, ({ n, offer, declined }) => {
        writer.varint(n).varint(offer);
        writeReason(writer, declined);
      });
      break;
    case 'started':
      writer.u48(message.store);
      writeList(writer, message.attempts, (attempt) => writeAttempt(writer, attempt));
      break;
    case 'progress':
      writer.u48(message.store);
      writeList(writer, message.items, (item) => {
        writeAttempt(writer, item);
        writeShare(writer, item.share);
        writeNote(writer, item.note);
      });
      break;
    case 'ended':
      writer.u48(message.store);
      writeList(writer, message.items, (item) => writeHandedIn(writer, item));
      break;
    case 'renew':
      writer.varint(message.number);
      writeFigures(writer, message.figures);
      break;
    case 'follow':
    case 'unfollow':
      writeIds(writer, message.ids);
  }
  return writer.view();
}

/** About: a message of large inputs is not copied as it grows. */
function sizeOf(message: FromMember): number {
  if (message.type === 'order')
    return message.orders.reduce((sum, { input }) => sum + input.body.length + orderBytes, 64);
  if (message.type === 'ended')
    return message.items.reduce((sum, { result }) => sum + result.body.length + orderBytes, 64);
  return 256;
}

function writeOrder(writer: Writer, order: Order): void {
  const flags =
    (order.isIdempotent ? OrderFlag.idempotent : 0) |
    (order.isLetter ? OrderFlag.letter : 0) |
    (order.mayWaitForWorkers ? OrderFlag.mayWait : 0) |
    (order.parent === '' ? 0 : OrderFlag.parent) |
    (order.retryOf === '' ? 0 : OrderFlag.retry);
  writer.hex(order.id).u8(flags).u8(order.priority).text(order.service);
  writeEncoded(writer, order.input);
  writeRequirements(writer, order.needs);
  writer.varint(order.delayMs).varint(order.deadlineMs).varint(order.timeoutMs).varint(order.attempts);
  writer.text(order.key).text(order.digest);
  writeIds(writer, order.after);
  writer.varint(order.part).hex(order.parent).hex(order.retryOf);
}

function writeWork(writer: Writer, work: Message<'work'>): void {
  writeList(writer, work.services, ({ service, concurrency, queue, isIdempotent }) =>
    writer
      .text(service)
      .varint(concurrency)
      .varint(queue)
      .u8(isIdempotent ? 1 : 0),
  );
  writeCapacity(writer, work.capacity);
  writer
    .u8(work.isDraining ? 1 : 0)
    .varint(work.opening)
    .varint(work.stallToleranceMs)
    .u48(work.store);
  writeList(writer, work.inHand, (item) => {
    writeAttempt(writer, item);
    writer.u8(inHandStates.indexOf(item.state));
  });
}

function writeHandedIn(writer: Writer, item: HandedIn): void {
  const outcome = outcomes.indexOf(item.outcome);
  if (outcome < 0) throw new TypeError(`a worker cannot say of its task that it is ${item.outcome}`);
  writeAttempt(writer, item);
  writer
    .u8(outcome)
    .u8(item.isFinal ? 1 : 0)
    .varint(item.ranMs === undefined ? 0 : Math.min(item.ranMs, taskLimits.taskDelayMsMax) + 1);
  if (item.outcome === 'done') writeEncoded(writer, item.result);
  else writeReason(writer, item.reason);
}

function writeFigures(writer: Writer, { load, freeMemory, done, failed, meanMs }: WorkerFigures): void {
  writeShare(writer, load);
  writer.varint(freeMemory).varint(done).varint(failed).varint(Math.round(meanMs));
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

/** @param kind The first byte of the message, which is read already. Undefined: it is none of these. */
export function readFromMember(kind: number, reader: Reader): FromMember | undefined {
  switch (kind) {
    case TaskKind.order:
      return {
        type: 'order',
        number: reader.varint(),
        isTogether: readFlag(reader),
        orders: listOf(reader, ordersMax, readOrder),
      };
    case TaskKind.work:
      return readWork(reader);
    case TaskKind.answers:
      return {
        type: 'answers',
        store: reader.u48(),
        answers: listOf(reader, taskLimits.tasksPerOfferMax, readAnswer),
      };
    case TaskKind.started:
      return { type: 'started', store: reader.u48(), attempts: readAttempts(reader) };
    case TaskKind.progress:
      return {
        type: 'progress',
        store: reader.u48(),
        items: listOf(reader, taskLimits.tasksInHandMax, (each) => ({
          ...readAttempt(each),
          share: readShare(each),
          note: readNote(each),
        })),
      };
    case TaskKind.ended:
      return {
        type: 'ended',
        store: reader.u48(),
        items: listOf(reader, taskLimits.tasksPerClaimMax, readHandedIn),
      };
    case TaskKind.renew:
      return { type: 'renew', number: reader.varint(), figures: readFigures(reader) };
    case TaskKind.follow:
    case TaskKind.unfollow:
      return {
        type: kind === TaskKind.follow ? 'follow' : 'unfollow',
        ids: listOf(reader, taskLimits.tasksPerMessageMax, readId),
      };
    default:
      return undefined;
  }
}

function readOrder(reader: Reader): Order {
  const { taskDelayMsMax } = taskLimits;
  const id = readId(reader);
  const flags = readFlags(reader, allOrderFlags);
  const order = {
    id,
    priority: readPriority(reader),
    service: readNameOrNone(reader),
    input: readEncoded(reader, taskLimits.taskInputBytes),
    needs: readRequirements(reader),
    delayMs: reader.varint(taskDelayMsMax),
    deadlineMs: reader.varint(taskDelayMsMax),
    timeoutMs: reader.varint(taskDelayMsMax),
    attempts: reader.varint(taskLimits.taskAttemptsMax),
    key: readText(reader, taskLimits.taskKeyBytesMax),
    digest: readDigest(reader),
    after: listOf(reader, taskLimits.taskAfterMax, readId),
    part: reader.varint(taskLimits.taskPartsMax),
    parent: (flags & OrderFlag.parent) === 0 ? '' : readId(reader),
    retryOf: (flags & OrderFlag.retry) === 0 ? '' : readId(reader),
    isIdempotent: (flags & OrderFlag.idempotent) !== 0,
    isLetter: (flags & OrderFlag.letter) !== 0,
    mayWaitForWorkers: (flags & OrderFlag.mayWait) !== 0,
  };
  if (new Set(order.after).size < order.after.length) reader.fail();
  return order;
}

function readDigest(reader: Reader): string {
  const digest = reader.text(digestBytesMax);
  if (!digestPattern.test(digest)) reader.fail();
  return digest;
}

function readWork(reader: Reader): FromMember {
  const services = listOf(reader, taskLimits.taskServicesMax, readOffered);
  const capacity = readCapacity(reader);
  const isDraining = readFlag(reader);
  const opening = reader.varint();
  const stallToleranceMs = reader.varint(limits.stallToleranceMsMax);
  const store = reader.u48();
  const inHand = listOf(reader, taskLimits.tasksInHandMax, readInHand);
  if (new Set(services.map(({ service }) => service)).size < services.length) reader.fail();
  return { type: 'work', opening, services, capacity, isDraining, stallToleranceMs, store, inHand };
}

function readOffered(reader: Reader): Offered {
  return {
    service: readName(reader),
    concurrency: readPositive(reader, taskLimits.taskConcurrencyMax),
    queue: reader.varint(taskLimits.taskQueueMax),
    isIdempotent: readFlag(reader),
  };
}

function readInHand(reader: Reader): InHand {
  return { ...readAttempt(reader), state: readOneOf(reader, inHandStates) };
}

function readAnswer(reader: Reader): Message<'answers'>['answers'][number] {
  return { n: readPositive(reader), offer: reader.varint(), declined: readReason(reader) };
}

function readHandedIn(reader: Reader): HandedIn {
  const attempt = readAttempt(reader);
  const outcome = readOneOf(reader, outcomes);
  const isFinal = readFlag(reader);
  const ran = reader.varint(taskLimits.taskDelayMsMax + 1);
  const begun = ran === 0 ? {} : { ranMs: ran - 1 };
  if (outcome === 'done') {
    const result = readEncoded(reader, taskLimits.taskResultBytes);
    return { ...attempt, outcome, isFinal, result, reason: '', ...begun };
  }
  return { ...attempt, outcome, isFinal, result: nothing, reason: readReason(reader), ...begun };
}

function readFigures(reader: Reader): WorkerFigures {
  return {
    load: readShare(reader),
    freeMemory: reader.varint(taskLimits.taskMemoryMax),
    done: reader.varint(),
    failed: reader.varint(),
    meanMs: reader.varint(),
  };
}
