/**
 * Bytes in and out: a growing `Writer` and a `Reader` that cannot throw.
 *
 * Who calls it: every encoder and decoder of the core. Invariant: reading past the end, or a value that
 * breaks its limit, marks the reader as `failed` and yields zeros; a decoder asks once, at its end.
 * Numbers are big-endian. Text and byte strings carry a length as LEB128 varint.
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const empty = new Uint8Array(0);
/** Its length is one byte. */
const shortTextMax = 0x7f;
const digitCodes = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** Encodes values into a buffer that grows. Numbers are big-endian; each method appends and returns the writer. */
export class Writer {
  private buffer: Uint8Array;
  private used = 0;

  /** @param capacity Bytes to allocate at first. Default 256. */
  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.used;
  }

  /** One byte: the low 8 bits of the value. */
  u8(value: number): this {
    this.reserve(1);
    this.buffer[this.used++] = value;
    return this;
  }

  /** Two bytes: the low 16 bits of the value. */
  u16(value: number): this {
    this.reserve(2);
    this.buffer[this.used++] = value >>> 8;
    this.buffer[this.used++] = value;
    return this;
  }

  /** Four bytes: the low 32 bits of the value. */
  u32(value: number): this {
    this.reserve(4);
    writeU32(this.buffer, this.used, value);
    this.used += 4;
    return this;
  }

  /** Six bytes: an integer from 0 to 2^48 - 1, such as a node id. */
  u48(value: number): this {
    this.reserve(6);
    writeU48(this.buffer, this.used, value);
    this.used += 6;
    return this;
  }

  /** LEB128, up to 2^53. */
  varint(value: number): this {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.used++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.used++] = rest;
    return this;
  }

  /** These bytes, without a length. */
  raw(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
    return this;
  }

  /** The length as varint, then the bytes: the counterpart of `Reader.bytes`. */
  bytes(bytes: Uint8Array): this {
    return this.varint(bytes.length).raw(bytes);
  }

  /** The length in bytes as varint, then the text as UTF-8. */
  text(text: string): this {
    return this.shortAscii(text) ? this : this.bytes(encoder.encode(text));
  }

  /** Hexadecimal digits, two for each byte. */
  hex(digits: string): this {
    const count = digits.length >>> 1;
    this.reserve(count);
    for (let i = 0; i < count; i++) {
      const high = hexValue(digits.charCodeAt(2 * i));
      this.buffer[this.used++] = (high << 4) | hexValue(digits.charCodeAt(2 * i + 1));
    }
    return this;
  }

  /** Sixteen hexadecimal digits as eight bytes. */
  instance(hex: string): this {
    return this.hex(hex);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.used);
  }

  /** What was written, valid until the next write: for callers who copy at once. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }

  /** Starts again from the beginning, in the same buffer: views of it are overwritten. */
  reset(): this {
    this.used = 0;
    return this;
  }

  /** Names and the like: a call of the encoder costs more than all else of a small message. */
  private shortAscii(text: string): boolean {
    const { length } = text;
    if (length > shortTextMax) return false;
    this.reserve(1 + length);
    const at = this.used + 1;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      this.buffer[at + i] = code;
    }
    this.buffer[this.used] = length;
    this.used = at + length;
    return true;
  }

  private reserve(count: number): void {
    if (this.used + count <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.used + count));
    larger.set(this.buffer.subarray(0, this.used));
    this.buffer = larger;
  }
}

/**
 * Decodes what a `Writer` encoded, without ever throwing. Reading past the end, or a value over its limit, sets `failed`;
 * from then on numbers are 0, texts and bytes empty. Decode everything, then check `failed` or `complete` once.
 */
export class Reader {
  /** Something could not be read: what was decoded must not be used. */
  failed = false;
  private readonly source: Uint8Array;
  private at: number;
  private readonly end: number;

  /** @param start Where to begin in `source`. Default 0. @param end Where to stop. Default: its end. */
  constructor(source: Uint8Array, start = 0, end = source.length) {
    this.source = source;
    this.at = start;
    this.end = end;
  }

  /** Bytes not read yet; 0 once it has failed. */
  get remaining(): number {
    return this.end - this.at;
  }

  /** Index in the source of the next byte. */
  get position(): number {
    return this.at;
  }

  /** Read to the last byte, and nothing was wrong on the way. */
  get complete(): boolean {
    return !this.failed && this.at === this.end;
  }

  /** Marks what was decoded as bad, for a check of the caller's own. Nothing more can be read. */
  fail(): void {
    this.failed = true;
    this.at = this.end;
  }

  /** One byte, 0 to 255. */
  u8(): number {
    return this.take(1) ? (this.source[this.at - 1] as number) : 0;
  }

  /** Two bytes, big-endian. */
  u16(): number {
    if (!this.take(2)) return 0;
    return ((this.source[this.at - 2] as number) << 8) | (this.source[this.at - 1] as number);
  }

  /** Four bytes, big-endian and unsigned. */
  u32(): number {
    return this.take(4) ? readU32(this.source, this.at - 4) : 0;
  }

  /** Six bytes, big-endian and unsigned: a safe integer. */
  u48(): number {
    return this.take(6) ? readU48(this.source, this.at - 6) : 0;
  }

  /** At most `max`, else the reader fails. */
  varint(max = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value <= max && !this.failed) return value;
        break;
      }
      scale *= 0x80;
    }
    this.fail();
    return 0;
  }

  /** The next `length` bytes: a view of the source, not a copy. */
  raw(length: number): Uint8Array {
    return this.take(length) ? this.source.subarray(this.at - length, this.at) : empty;
  }

  /** Bytes with their length before them, at most `max`: a view of the source, not a copy. */
  bytes(max: number): Uint8Array {
    return this.raw(this.varint(max));
  }

  /** UTF-8 text with its length before it, at most `max` bytes. Malformed UTF-8 fails. */
  text(max: number): string {
    const bytes = this.bytes(max);
    try {
      return decoder.decode(bytes);
    } catch {
      this.fail();
      return '';
    }
  }

  /** Eight bytes as 16 lower-case hexadecimal digits. */
  instance(): string {
    return hexOf(this.raw(8));
  }

  /** All bytes that are left: a view of the source, not a copy. */
  rest(): Uint8Array {
    return this.raw(this.remaining);
  }

  private take(count: number): boolean {
    if (this.at + count > this.end) {
      this.fail();
      return false;
    }
    this.at += count;
    return true;
  }
}

/** Two lower-case hexadecimal digits for each byte. */
export function hexOf(bytes: Uint8Array): string {
  const codes = new Array<number>(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    codes[2 * i] = digitCodes[byte >>> 4] as number;
    codes[2 * i + 1] = digitCodes[byte & 0xf] as number;
  }
  return String.fromCharCode(...codes);
}

/** Of a hexadecimal digit, in either case. */
function hexValue(code: number): number {
  return code > 0x39 ? (code & 0xf) + 9 : code & 0xf;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function readU48(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 8) | (bytes[at + 1] as number)) * 0x100000000 + readU32(bytes, at + 2);
}

export function viewU48(view: DataView, at: number): number {
  return view.getUint16(at) * 0x100000000 + view.getUint32(at + 2);
}

export function writeU48(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x100000000);
  bytes[at] = high >>> 8;
  bytes[at + 1] = high;
  writeU32(bytes, at + 2, value >>> 0);
}

/** A copy of all of these, one after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Undefined equals only itself. */
export function equalBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  // A callback for each byte takes several times as long.
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
