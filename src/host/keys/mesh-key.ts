/**
 * A mesh key: 256 bits that every member knows, its text form, and what is derived from it.
 *
 * Who calls it: whoever reads or makes keys (key-file.ts, the CLI) and whoever uses them (the proof of a
 * link, the seal of datagrams). Invariant: the key itself never leaves this object but as `text`, which only
 * `skein key` asks for; each use has a key of its own (HKDF-SHA-256, RFC 5869, one label each).
 */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { SkeinError } from '../../kernel/errors.ts';

const prefix = 'skein1';
const keyBytes = 32;
/** Five bits a letter. 256 bits take 52 letters; 30 bits of check catch all but one typo in a billion. */
const keyLetters = 52;
const checkLetters = 6;
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const shape = new RegExp(`^${prefix}-([a-z2-7]{${keyLetters}})-([a-z2-7]{${checkLetters}})$`);
const idBytes = 8;

export type KeyUse = 'link proof' | 'datagram encryption' | 'datagram authentication';

export class MeshKey {
  /** Names the key without telling it: 16 hexadecimal digits. */
  readonly id: string;
  private readonly bytes: Buffer;
  private readonly derived = new Map<KeyUse, Buffer>();

  private constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.id = derive(bytes, 'key id', idBytes).toString('hex');
  }

  static make(): MeshKey {
    return new MeshKey(randomBytes(keyBytes));
  }

  /**
   * @param source For the error: `SKEIN_KEY`, a path.
   * @throws SkeinError SKEIN_KEY; the text itself is never part of the message.
   */
  static parse(text: string, source: string): MeshKey {
    const trimmed = text.trim().toLowerCase();
    const parts = shape.exec(trimmed);
    if (parts === null) {
      const example = `${prefix}-<${keyLetters} letters and digits>-<${checkLetters}>`;
      const reason = trimmed.startsWith(`${prefix}-`)
        ? `it has ${trimmed.length} characters of ${prefix.length + keyLetters + checkLetters + 2}, or some that no key has`
        : 'it does not begin as one';
      throw new SkeinError(
        'SKEIN_KEY',
        `${source}: this is no mesh key: ${reason}; a key looks like ${example}`,
      );
    }
    const [, letters = '', check = ''] = parts;
    const bytes = fromLetters(letters).subarray(0, keyBytes);
    if (checkOf(bytes) !== check || toLetters(bytes, keyLetters) !== letters)
      throw new SkeinError(
        'SKEIN_KEY',
        `${source}: the key has a typo: its last six characters do not fit the rest`,
      );
    return new MeshKey(bytes);
  }

  /** The text form. Whoever has it is a member. */
  get text(): string {
    return `${prefix}-${toLetters(this.bytes, keyLetters)}-${checkOf(this.bytes)}`;
  }

  keyFor(use: KeyUse): Buffer {
    let key = this.derived.get(use);
    if (key === undefined) {
      key = derive(this.bytes, use, keyBytes);
      this.derived.set(use, key);
    }
    return key;
  }

  /** Whatever prints it by accident prints its id. */
  toJSON(): string {
    return `key ${this.id}`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toJSON();
  }
}

function derive(bytes: Buffer, label: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', bytes, Buffer.alloc(0), `skein/1 ${label}`, length));
}

function checkOf(bytes: Uint8Array): string {
  return toLetters(createHash('sha256').update(`${prefix} `).update(bytes).digest(), checkLetters);
}

/** RFC 4648 base 32 in lower case, the first `count` letters; bits that are missing count as zero. */
function toLetters(bytes: Uint8Array, count: number): string {
  let letters = '';
  for (let i = 0; i < count; i++) {
    const bit = i * 5;
    const two = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    letters += alphabet[(two >> (11 - (bit & 7))) & 31];
  }
  return letters;
}

function fromLetters(letters: string): Buffer {
  const bytes = Buffer.alloc(Math.ceil((letters.length * 5) / 8));
  for (let i = 0; i < letters.length; i++) {
    const bit = i * 5;
    const value = alphabet.indexOf(letters[i] as string) << (11 - (bit & 7));
    bytes[bit >> 3] = (bytes[bit >> 3] as number) | (value >> 8);
    if ((bit >> 3) + 1 < bytes.length)
      bytes[(bit >> 3) + 1] = (bytes[(bit >> 3) + 1] as number) | (value & 255);
  }
  return bytes;
}
