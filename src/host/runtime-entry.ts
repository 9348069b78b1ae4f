/**
 * One entry of the runtime folder, and its check on the way in.
 *
 * Who calls it: the runtime folder. Invariant: what `parseEntry` lets through has a name that is safe as
 * a file name, addresses that parse, and a pid that is safe to ask the system about (0 and negative
 * numbers would mean whole process groups).
 */
import { nameProblem } from '../kernel/identity.ts';
import { limits } from '../kernel/limits.ts';
import { parseAddress } from './addresses.ts';

export interface RuntimeEntry {
  readonly name: string;
  readonly namespace: string;
  /** 16 hexadecimal digits. */
  readonly instance: string;
  readonly pid: number;
  /** Where `pid` means something: its PID namespace, as Linux names it. Undefined: a system without, or not known. */
  readonly pidNamespace?: string;
  /** Where nodes of this machine reach it, `host:port`; empty when it does not want to be found by nodes. */
  readonly addresses: readonly string[];
  /** Path of the control socket. */
  readonly control: string | null;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
}

/** The instance of an entry whose node is just being made. */
export const instancePending = '0'.repeat(16);

/** Undefined when the text is not an entry. */
export function parseEntry(text: string): RuntimeEntry | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const entry = value as Record<string, unknown>;
  const { name, namespace, instance, pid, pidNamespace, addresses, control, startedAt } = entry;
  if (nameProblem(name) !== undefined || nameProblem(namespace) !== undefined) return undefined;
  if (typeof instance !== 'string' || !/^[0-9a-f]{16}$/.test(instance)) return undefined;
  if (!Number.isSafeInteger(pid) || (pid as number) <= 0 || !Number.isFinite(startedAt)) return undefined;
  if (control !== null && typeof control !== 'string') return undefined;
  if (!areAddresses(addresses)) return undefined;
  const where = typeof pidNamespace === 'string' ? { pidNamespace } : {};
  return { name, namespace, instance, pid, ...where, addresses, control, startedAt } as RuntimeEntry;
}

function areAddresses(value: unknown): value is string[] {
  if (!Array.isArray(value) || value.length > limits.addressesPerRecordMax + 1) return false;
  return value.every((one) => typeof one === 'string' && isAddress(one));
}

function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
