/**
 * Waits of a program: `ready` until a condition holds, or says what is missing when it does not in time;
 * `raced` for an answer, or until the caller gives up.
 *
 * Who calls it: the local node. It is woken by the node's own events, never by a timer of its own but the
 * one for the deadline (`AbortSignal.timeout` in production, virtual time in the simulator).
 */

import { SkeinError } from '../kernel/errors.ts';
import { checkName } from '../kernel/identity.ts';
import { checkOptions, shown } from './arguments.ts';
import type { WaitOptions } from './streams.ts';
import { whenAborted } from './when-aborted.ts';

/** What `ready` waits for: all of it at once. */
export interface ReadyCondition extends WaitOptions {
  /** How long to wait, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /** Names that must be reachable. */
  readonly nodes?: readonly string[];
  /** Services that somebody must offer. */
  readonly services?: readonly string[];
  /** Reachable nodes, this one included. */
  readonly count?: number;
  /** Open links. */
  readonly links?: number;
}

/** Where `ready` is not told how long to wait, in milliseconds: a mesh that is not there by then needs a person. */
export const readyTimeoutMs = 30_000;

export interface ReadyView {
  readonly nodes: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  readonly links: number;
}

/** What is still missing, in words; undefined when the condition holds. */
export function missingFor(condition: ReadyCondition, view: ReadyView): string | undefined {
  const nodes = (condition.nodes ?? []).filter((name) => !view.nodes.has(name));
  const services = (condition.services ?? []).filter((name) => !view.services.has(name));
  const missing: string[] = [];
  if (nodes.length > 0) missing.push(`node ${nodes.join(', ')}`);
  if (services.length > 0) missing.push(`service ${services.join(', ')}`);
  const { count = 0, links = 0 } = condition;
  if (count > view.nodes.size) missing.push(shortBy(count, view.nodes.size, 'nodes'));
  if (links > view.links) missing.push(shortBy(links, view.links, 'links'));
  return missing.length === 0 ? undefined : missing.join('; ');
}

/** Both numbers: alone, "1 of 3 nodes" is read either way. */
function shortBy(wanted: number, there: number, what: string): string {
  return `${wanted - there} of ${wanted} ${what} (${there} ${there === 1 ? 'is' : 'are'} there)`;
}

/** @throws TypeError when the condition makes no sense. */
export function checkCondition(condition: ReadyCondition): void {
  checkOptions('ready', condition, ['nodes', 'services', 'count', 'links', 'timeoutMs', 'signal']);
  for (const field of ['nodes', 'services'] as const) {
    const list: unknown = condition[field];
    if (list !== undefined && !Array.isArray(list))
      throw new TypeError(`ready: ${field} is a list of names, got ${shown(list)}`);
  }
  for (const name of condition.nodes ?? []) checkName(name, 'ready: node');
  for (const field of ['count', 'links', 'timeoutMs'] as const) {
    const value = condition[field];
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw new TypeError(`ready: ${field} is a number from 0, got ${shown(value)}`);
  }
}

/** Those who wait, looked through whenever something changed. */
export class Waiters {
  private readonly waiters = new Set<{ check: () => boolean; fail: (error: Error) => void }>();

  /** Resolves when `missing()` gives undefined; rejects at the signal with what is missing then. */
  wait(missing: () => string | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (missing() === undefined) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      let forget = (): void => undefined;
      const waiter = {
        check: (): boolean => {
          if (missing() !== undefined) return false;
          done();
          resolve();
          return true;
        },
        fail: (error: Error): void => {
          done();
          reject(error);
        },
      };
      const aborted = (): void => waiter.fail(abortError(signal, missing()));
      const done = (): void => {
        this.waiters.delete(waiter);
        forget();
      };
      if (signal?.aborted === true) return reject(abortError(signal, missing()));
      forget = whenAborted(signal, aborted);
      this.waiters.add(waiter);
    });
  }

  changed(): void {
    for (const waiter of [...this.waiters]) waiter.check();
  }

  fail(error: Error): void {
    for (const waiter of [...this.waiters]) waiter.fail(error);
  }
}

/** For an answer that cannot be taken back: only the wait for it ends. */
export async function raced<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
  text: string,
): Promise<Value> {
  if (signal === undefined) return promise;
  let forget = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const fail = (): void => {
      const cause: unknown = signal.reason;
      const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
      const failed = timedOut ? `${text} in time` : `${text}: given up by the caller`;
      reject(new SkeinError(timedOut ? 'SKEIN_TIMEOUT' : 'SKEIN_ABORTED', failed, { cause }));
    };
    forget = whenAborted(signal, fail);
  });
  return Promise.race([promise, aborted]).finally(() => forget());
}

function abortError(signal: AbortSignal | undefined, missing: string | undefined): Error {
  const reason: unknown = signal?.reason;
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
  const text = `not ready${timedOut ? ' in time' : ''}: missing ${missing ?? 'nothing'}`;
  return new SkeinError(timedOut ? 'SKEIN_TIMEOUT' : 'SKEIN_ABORTED', text, { cause: reason });
}

export interface LimitedSignal {
  readonly signal: AbortSignal | undefined;
  /** The wait is over: its timer need not go on. */
  readonly cancel: () => void;
}

/** Fires at the caller's signal, or at the end of the caller's patience. @param after Calls back once, as a platform does. */
export function limitedSignal(
  { signal, timeoutMs }: WaitOptions,
  after: (milliseconds: number, callback: () => void) => () => void,
): LimitedSignal {
  if (timeoutMs === undefined) return { signal, cancel: () => undefined };
  const controller = new AbortController();
  const cancel = after(timeoutMs, () => controller.abort(new DOMException('timed out', 'TimeoutError')));
  const both = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
  return { signal: both, cancel };
}
