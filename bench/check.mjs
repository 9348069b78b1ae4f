// Bodies that can be verified: number in the first four bytes, a byte that depends on it in each other place.

export function makeBody(bytes) {
  return new Uint8Array(bytes);
}

/** Cheap enough not to be what is measured: the number, and one byte near the end. */
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

/** True when this is message `number`, whole. */
export function isIntact(body, number, bytes) {
  return (
    body.length === bytes &&
    ((body[0] << 24) | (body[1] << 16) | (body[2] << 8) | body[3]) === (number | 0) &&
    body[bytes - 1] === ((number * 31) & 255)
  );
}
