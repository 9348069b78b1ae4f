/** A refusal on the wire: a known code and a short text. Who calls it: the link, when it says or hears no. */
import { type ErrorCode, errorCodes, type Failure, failure } from '../errors.ts';
import { Reader, Writer } from '../wire/bytes.ts';

const textBytesMax = 1024;

export function encodeRefusal(refusal: Failure): Uint8Array {
  return new Writer().text(refusal.code).text(refusal.message.slice(0, 250)).finish();
}

/** An unknown or broken refusal is still one. */
export function decodeRefusal(bytes: Uint8Array): Failure {
  const reader = new Reader(bytes);
  const code = reader.text(textBytesMax);
  const text = reader.text(textBytesMax);
  if (reader.failed || !Object.hasOwn(errorCodes, code))
    return failure('SKEIN_REFUSED', 'refused without a reason');
  return failure(code as ErrorCode, text);
}
