// Bodies that can be verified: the number in the first four bytes, a byte that depends on it in the last.
// Every system's receiver and asker uses `isIntact`, so that all of them touch what they got alike.

export function makeBody(bytes) {
  return new Uint8Array(bytes);
}

/** For systems that keep a body until it has left: one cannot be marked again before. */
export function markedBody(number, bytes) {
  const body = Buffer.allocUnsafe(bytes);
  mark(body, number);
  return body;
}

/** Cheap enough not to be what is measured: the number, and one byte at the end. */
export function mark(body, number) {
  markAt(body, 0, number, body.length);
}

export function markAt(buffer, at, number, bytes) {
  buffer[at] = number >>> 24;
  buffer[at + 1] = number >>> 16;
  buffer[at + 2] = number >>> 8;
  buffer[at + 3] = number;
  buffer[at + bytes - 1] = number * 31;
}

/** What number a body claims to have; `isIntact` says whether it is whole. */
export function numberOf(body) {
  return (body[0] << 24) | (body[1] << 16) | (body[2] << 8) | body[3];
}

/** True when this is message `number`, whole. */
export function isIntact(body, number, bytes) {
  return (
    body.length === bytes && numberOf(body) === (number | 0) && body[bytes - 1] === ((number * 31) & 255)
  );
}
