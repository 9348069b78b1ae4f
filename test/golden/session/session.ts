/**
 * A recorded session: nodes, and all that entered and left each of them, in the order of virtual time. As text it
 * has one event per line. Who calls it: the recorder and the player. Invariant: a session that is read is the one
 * that was written, and chunks of bytes stand in it once, where they were written.
 *
 * ```
 * node far {"name":"far","seed":2,...}      by its address: how its kernel is made
 * 1010 near writes 1 f5534b4e...            bytes for its link 1
 * 1015 far receives 1 near 0                the chunk with that number which `near` wrote
 * 1015 far sees up near                     what its program is told
 * 1020 near shouts f5534b55...              a datagram to all; the others hear it by its number
 * end 9000
 * ```
 */

import type { FormationOptions } from '../../../src/features/formation/core/formation-types.ts';
import type { Random } from '../../../src/kernel/contracts.ts';
import { changeableOf } from '../../../src/node/settings.ts';
import type { SkeinKernelOptions } from '../../../src/node/skein-kernel.ts';
import { TestRandom } from '../../core/harness.ts';
import { compactHex, fromCompactHex } from './hex.ts';

export interface SessionNode {
  readonly address: string;
  readonly name: string;
  readonly namespace: string;
  readonly seed: number;
  readonly instance: string;
  readonly syncPeriodMs: number;
  readonly degree?: number;
  readonly formation?: FormationOptions;
}

export type SessionEvent = { readonly at: number; readonly node: string } & (
  | { readonly what: 'start'; readonly wallNow: number }
  /** Its program acts: see `Program.act`. */
  | { readonly what: 'acts'; readonly action: unknown }
  | { readonly what: 'accepts'; readonly link: number; readonly from: string }
  | { readonly what: 'dialed'; readonly link: number; readonly to: string }
  | { readonly what: 'dial-failed'; readonly link: number; readonly failure: unknown }
  | { readonly what: 'receives'; readonly link: number; readonly from: string; readonly chunk: number }
  | { readonly what: 'closed'; readonly link: number }
  | { readonly what: 'door'; readonly event: unknown }
  | { readonly what: 'hears'; readonly from: string; readonly shout: number }
  | { readonly what: 'shouts'; readonly bytes: Uint8Array }
  | { readonly what: 'writes'; readonly link: number; readonly bytes: Uint8Array }
  | { readonly what: 'sees'; readonly text: string }
);

export interface Session {
  readonly wireVersion: number;
  readonly nodes: readonly SessionNode[];
  readonly events: readonly SessionEvent[];
  readonly end: number;
}

export function formatSession({ wireVersion, nodes, events, end }: Session): string {
  const lines = [
    '# Recorded by npm run wire:record; test/golden/session/session.ts says how it is read.',
    `wire ${wireVersion}`,
    ...nodes.map(({ address, ...options }) => `node ${address} ${JSON.stringify(options)}`),
    ...events.map((event) => `${event.at} ${event.node} ${event.what} ${restOf(event)}`),
    `end ${end}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** @throws Error that names the line that is none of a session. */
export function readSession(text: string): Session {
  const nodes: SessionNode[] = [];
  const events: SessionEvent[] = [];
  let wireVersion = 0;
  let end = 0;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [first = '', second = '', ...more] = line.split(' ');
    if (first === 'wire') wireVersion = Number(second);
    else if (first === 'end') end = Number(second);
    else if (first === 'node') nodes.push({ address: second, ...JSON.parse(more.join(' ')) });
    else events.push(readEvent(line));
  }
  return { wireVersion, nodes, events, end };
}

/** How the kernel of a node is made, by the recorder and by the player. */
export function optionsOf({ address, seed: _, ...own }: SessionNode): SkeinKernelOptions {
  return {
    ...changeableOf(),
    version: '1.0.0',
    addresses: [address],
    stallToleranceMs: 3000,
    degree: 0,
    seeds: [],
    solicit: true,
    broadcastTargets: [],
    ...own,
  };
}

/**
 * Chance of a node: bytes (of which channels are numbered) apart from numbers (of which waits are made), so that
 * code that waits otherwise still finds what was said in answer to it.
 */
export function randomOf({ seed }: SessionNode): Random {
  const numbers = new TestRandom(seed);
  const bytes = new TestRandom(seed + 1_000_000);
  return { next: () => numbers.next(), bytes: (count) => bytes.bytes(count) };
}

/** The chunks that a node wrote, or the datagrams that it sent to all, in order. */
export function chunksOf(session: Session, node: string, what: 'writes' | 'shouts'): Uint8Array[] {
  return session.events.flatMap((event) =>
    event.node === node && event.what === what && 'bytes' in event ? [event.bytes] : [],
  );
}

function restOf(event: SessionEvent): string {
  switch (event.what) {
    case 'start':
      return String(event.wallNow);
    case 'acts':
      return JSON.stringify(event.action);
    case 'accepts':
      return `${event.link} ${event.from}`;
    case 'dialed':
      return `${event.link} ${event.to}`;
    case 'dial-failed':
      return `${event.link} ${JSON.stringify(event.failure)}`;
    case 'receives':
      return `${event.link} ${event.from} ${event.chunk}`;
    case 'closed':
      return String(event.link);
    case 'door':
      return JSON.stringify(event.event);
    case 'writes':
      return `${event.link} ${compactHex(event.bytes)}`;
    case 'hears':
      return `${event.from} ${event.shout}`;
    case 'shouts':
      return compactHex(event.bytes);
    case 'sees':
      return event.text;
  }
}

function readEvent(line: string): SessionEvent {
  const [, time, node = '', what, rest = ''] = /^(\S+) (\S+) (\S+) (.*)$/.exec(line) ?? [];
  const common = { at: Number(time), node };
  const [first = '', second = '', third = ''] = rest.split(' ');
  const link = Number(first);
  switch (what) {
    case 'start':
      return { ...common, what, wallNow: Number(rest) };
    case 'acts':
      return { ...common, what, action: JSON.parse(rest) };
    case 'accepts':
      return { ...common, what, link, from: second };
    case 'dialed':
      return { ...common, what, link, to: second };
    case 'dial-failed':
      return { ...common, what, link, failure: JSON.parse(rest.slice(first.length + 1)) };
    case 'receives':
      return { ...common, what, link, from: second, chunk: Number(third) };
    case 'closed':
      return { ...common, what, link };
    case 'door':
      return { ...common, what, event: JSON.parse(rest) };
    case 'writes':
      return { ...common, what, link, bytes: fromCompactHex(second) };
    case 'hears':
      return { ...common, what, from: first, shout: Number(second) };
    case 'shouts':
      return { ...common, what, bytes: fromCompactHex(first) };
    case 'sees':
      return { ...common, what, text: rest };
    default:
      throw new Error(`this is no line of a session: ${line.slice(0, 80)}`);
  }
}
