/**
 * The file of a node's identity: one Ed25519 key, made when it is first asked for.
 *
 * Who calls it: create-node, as the `identityKey` of the node. Invariant: a file that others can read is never used, one
 * that is there is never written again, and of two programs that make it at the same moment both have the same key.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RecordSigner } from '../../kernel/contracts.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { hostLimits } from '../limits.ts';
import { makeFolder } from '../make-folder.ts';
import { readWhole } from '../whole-file.ts';
import { Ed25519Signer, seedBytes } from './record-signer.ts';

const prefix = 'skein1-identity-';
const head =
  '# The identity of a node: who has it gets the letters of its name. Never copy it to another node.\n';

/** @throws SkeinError SKEIN_KEY where it can neither be read nor made. */
export function identityFrom(path: string): RecordSigner {
  return new Ed25519Signer(read(path) ?? made(path));
}

/** Undefined: there is none. */
function read(path: string): Uint8Array | undefined {
  let text: string | undefined;
  try {
    text = readWhole(path, (found) => checkFile(path, found));
  } catch (cause) {
    throw cause instanceof SkeinError ? cause : problem(path, 'cannot be read', cause);
  }
  return text === undefined ? undefined : parsed(path, text);
}

/** Written beside its place first, and linked to it: nobody ever sees half of it, and the first of two stays. */
function made(path: string): Uint8Array {
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.new`;
  const text = `${head}${prefix}${randomBytes(seedBytes).toString('base64url')}\n`;
  try {
    makeFolder(dirname(path));
    const file = openSync(fresh, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(fresh, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw problem(path, 'cannot be made', cause);
  } finally {
    rmSync(fresh, { force: true });
  }
  const seed = read(path);
  if (seed === undefined) throw problem(path, 'was removed as it was made', undefined);
  return seed;
}

function checkFile(path: string, found: Stats): void {
  const { mode, size, uid } = found;
  const user = process.getuid?.();
  if (!found.isFile()) throw new SkeinError('SKEIN_KEY', `identity: ${path} is no file; name a file`);
  if (size > hostLimits.identityFileBytesMax)
    throw new SkeinError('SKEIN_KEY', `identity: ${path} has ${size} bytes; it is no identity`);
  if (user !== undefined && uid !== user && user !== 0)
    throw new SkeinError('SKEIN_KEY', `identity: ${path} belongs to user ${uid}, not to ${user}`);
  if (user !== undefined && (mode & 0o077) !== 0)
    throw new SkeinError('SKEIN_KEY', `identity: others can read ${path}; run: chmod 600 ${path}`);
}

function parsed(path: string, text: string): Uint8Array {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const [content = '', ...rest] = lines.filter((line) => line !== '');
  const encoded = content.startsWith(prefix) ? content.slice(prefix.length) : '';
  const seed = Buffer.from(encoded, 'base64url');
  // Decoding skips what is no digit: only what would be written the same way is an identity.
  if (rest.length > 0 || seed.length !== seedBytes || seed.toString('base64url') !== encoded)
    throw new SkeinError(
      'SKEIN_KEY',
      `identity: ${path} is no identity; name another file, or remove it to make a new one`,
    );
  return new Uint8Array(seed);
}

function problem(path: string, what: string, cause: unknown): SkeinError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const why = code === undefined ? '' : ` (${code})`;
  return new SkeinError('SKEIN_KEY', `identity: ${path} ${what}${why}`, { cause });
}
