import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostLimits } from '../limits.ts';
import { identityFrom } from './identity-file.ts';
import { Ed25519Signer } from './record-signer.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-identity-'));
  path = join(folder, 'state', 'default', 'b.identity');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('is made when it is first asked for, for nobody else to read, and stays the same', () => {
  const made = identityFrom(path);
  const text = readFileSync(path, 'utf8');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'state', 'default'))).toEqual(['b.identity']);
  const again = identityFrom(path);
  expect(again.publicKey).toEqual(made.publicKey);
  expect(readFileSync(path, 'utf8')).toBe(text);
  const bytes = Uint8Array.of(1, 2, 3);
  expect(new Ed25519Signer().verify(made.publicKey, bytes, again.sign(bytes))).toBe(true);
});

test('of another node is another one', () => {
  expect(identityFrom(path).publicKey).not.toEqual(identityFrom(`${path}2`).publicKey);
});

test('that others can read is not used', () => {
  identityFrom(path);
  chmodSync(path, 0o640);
  expect(() => identityFrom(path)).toThrow(`identity: others can read ${path}; run: chmod 600 ${path}`);
});

test.each([
  ['empty', ''],
  ['a mesh key', 'skein1-AAAA\n'],
  ['cut short', `skein1-identity-${'A'.repeat(42)}\n`],
  ['too long', `skein1-identity-${'A'.repeat(44)}\n`],
  ['with other digits', `skein1-identity-${'A'.repeat(42)}!\n`],
  ['two of them', `skein1-identity-${'A'.repeat(43)}\nskein1-identity-${'A'.repeat(43)}\n`],
])('that is %s is named, and left as it is', (_what, text) => {
  mkdirSync(join(folder, 'state', 'default'), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  expect(() => identityFrom(path)).toThrow(`identity: ${path} is no identity`);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('that is a folder, or larger than an identity can be, is refused', () => {
  mkdirSync(path, { recursive: true });
  expect(() => identityFrom(path)).toThrow(`identity: ${path} is no file`);
  const large = join(folder, 'large');
  writeFileSync(large, '#'.repeat(hostLimits.identityFileBytesMax + 1), { mode: 0o600 });
  expect(() => identityFrom(large)).toThrow(`identity: ${large} has 4097 bytes; it is no identity`);
});

test('that cannot be made says why', () => {
  writeFileSync(join(folder, 'file'), '');
  const impossible = join(folder, 'file', 'b.identity');
  expect(() => identityFrom(impossible)).toThrow(`identity: ${impossible} cannot be`);
});
