/**
 * Picks a node's name and holds it in the runtime folder, so that no two nodes of one machine share it.
 *
 * Who calls it: create-node, before the node exists. Invariant: a chosen name is used or refused, never
 * changed; a default one gets a suffix. Names taken on other machines are the mesh's affair.
 */
import { hostname } from 'node:os';
import { SkeinError } from '../kernel/errors.ts';
import { parseAddress } from './addresses.ts';
import { hostLimits } from './limits.ts';
import { isAbandoned, isOfOtherNamespace } from './pid-namespace.ts';
import { probe } from './probe.ts';
import type { Registration, RuntimeEntry, RuntimeFolder } from './runtime-folder.ts';

const nameCharactersMax = 64;
const evictionsMax = 3;

/** The host name with everything that a name may not have turned into `-`. */
export function defaultName(host: string = hostname()): string {
  const cleaned = host
    .normalize('NFC')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return cleaned === '' ? 'node' : cleaned.slice(0, nameCharactersMax);
}

/** `host`, `host-2`, ...: always within the length of a name. */
export function suffixedName(base: string, number: number): string {
  if (number === 1) return base;
  const suffix = `-${number}`;
  return base.slice(0, nameCharactersMax - suffix.length) + suffix;
}

/** @throws SkeinError SKEIN_NAME_TAKEN when a living node of this machine has the name. */
export async function holdChosenName(folder: RuntimeFolder, entry: RuntimeEntry): Promise<Registration> {
  for (let i = 0; i < evictionsMax; i++) {
    const registration = folder.register(entry);
    if (registration !== undefined) return registration;
    const holder = folder.read(entry.name);
    if (holder === undefined) continue;
    if (await answers(holder)) throw nameTaken(holder);
    // Its process number lives, but as another program (or a zombie): the node itself does not.
    folder.evict(holder);
  }
  throw new SkeinError(
    'SKEIN_NAME_TAKEN',
    `the name "${entry.name}" is fought over in ${folder.path}; choose another`,
  );
}

/** @throws SkeinError SKEIN_NAME_TAKEN when far too many nodes run here. */
export function holdDefaultName(folder: RuntimeFolder, entry: RuntimeEntry): Registration {
  for (let number = 1; number <= hostLimits.nameSuffixMax; number++) {
    const registration = folder.register({ ...entry, name: suffixedName(entry.name, number) });
    if (registration !== undefined) return registration;
  }
  const tried = `${entry.name} to ${suffixedName(entry.name, hostLimits.nameSuffixMax)}`;
  throw new SkeinError(
    'SKEIN_NAME_TAKEN',
    `all names from ${tried} are taken on this machine; choose a name`,
  );
}

function nameTaken(holder: RuntimeEntry): SkeinError {
  const where = holder.addresses[0] === undefined ? '' : ` on ${holder.addresses[0]}`;
  const text = `name: a living node on this machine (process ${holder.pid}${where}) is named "${holder.name}"; choose another name or stop that one`;
  return new SkeinError('SKEIN_NAME_TAKEN', text, {
    details: { pid: holder.pid, addresses: holder.addresses },
  });
}

/** An entry without addresses does not want to be dialed: its process number is all there is to go by. */
async function answers(holder: RuntimeEntry): Promise<boolean> {
  // Another container may have a network of its own, and there the addresses lead elsewhere.
  if (isOfOtherNamespace(holder) && holder.control !== null) return !(await isAbandoned(holder.control));
  if (holder.addresses.length === 0) return true;
  const answered = await Promise.all(holder.addresses.map(accepts));
  return answered.includes(true);
}

async function accepts(address: string): Promise<boolean> {
  return (await probe(parseAddress(address))) === 'accepted';
}
