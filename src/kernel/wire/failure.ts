/**
 * Failures as they travel between nodes: `text code, text message, text details`, the details as JSON, empty where there are none.
 *
 * Used by the messages of features in which one node says to another why something failed. Invariant: what is read is
 * within its limits, and JSON; details that would be larger are left out, since code and message say enough without them.
 */
import { type ErrorCode, errorCodes, type Failure, failure } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Reader, Writer } from './bytes.ts';

const messageBytesMax = 4096;
/** 240 of the longest names. */
const detailsBytesMax = 16 * 1024;
/** Of UTF-8, for each of UTF-16. */
const bytesPerCharacterMax = 3;
const utf8 = new TextEncoder();

export function writeFailure(writer: Writer, { code, message, details }: Failure): void {
  const json = details === undefined ? '' : JSON.stringify(details);
  const isWhole = utf8.encode(json).length <= detailsBytesMax;
  writer
    .text(code)
    .text(message.slice(0, Math.floor(messageBytesMax / bytesPerCharacterMax)))
    .text(isWhole ? json : '');
}

export function readFailure(reader: Reader): Failure {
  const code = reader.text(limits.serviceBytesMax);
  const message = reader.text(messageBytesMax);
  const json = reader.text(detailsBytesMax);
  // A newer node may know codes that this one does not.
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'SKEIN_FAILED';
  return failure(known, message, json === '' ? undefined : parsed(reader, json));
}

function parsed(reader: Reader, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    reader.fail();
    return undefined;
  }
}
