/**
 * What a node of today says and sees otherwise than the recorded one, as sentences.
 *
 * Who calls it: the tests of recorded sessions. What programs see is compared line by line; bytes frame by frame,
 * for each link and feature apart. Invariant: times are not compared, so that a wait may be another.
 */

import { concatenate } from '../../../src/kernel/wire/bytes.ts';
import { wireSamples } from '../../samples/index.ts';
import { framesOf } from './frames.ts';
import { compactHex } from './hex.ts';
import type { Played } from './play.ts';
import { chunksOf, type Session } from './session.ts';

/** Compared for recordings of any build whose wire version is spoken today. */
export function differencesSeen(session: Session, node: string, played: Played): string[] {
  const recorded = session.events.flatMap((event) =>
    event.node === node && event.what === 'sees' ? [event.text] : [],
  );
  return firstDifference(`${node} sees`, recorded, played.seen);
}

/** Compared only for recordings of this very build: with a new behavior on the wire they are recorded again. */
export function differencesSaid(session: Session, node: string, played: Played): string[] {
  const recorded = lists(saidBy(session, node), chunksOf(session, node, 'shouts'));
  const today = lists(played.said, played.shouted);
  return [...new Set([...recorded.keys(), ...today.keys()])].flatMap((list) =>
    firstDifference(`${node} says over ${list}`, recorded.get(list) ?? [], today.get(list) ?? []).map(
      (difference) => `${difference}. Where that is meant: npm run wire:record -- --replace-sessions`,
    ),
  );
}

/** All that was written to each link. */
export function saidBy(session: Session, node: string): ReadonlyMap<number, Uint8Array> {
  const said = new Map<number, Uint8Array>();
  for (const event of session.events) {
    if (event.node !== node || event.what !== 'writes') continue;
    said.set(event.link, concatenate([said.get(event.link) ?? new Uint8Array(0), event.bytes]));
  }
  return said;
}

/** Frames by link and feature, each as its type and bytes; datagrams. */
function lists(said: Played['said'], shouted: Played['shouted']): Map<string, string[]> {
  const found = new Map<string, string[]>([['datagrams', shouted.map(compactHex)]]);
  for (const [link, bytes] of said) {
    for (const frame of framesOf(bytes)) {
      const list = `link ${link}, feature ${nameOf(frame.feature)}`;
      const text = `type ${frame.type}, frame ${compactHex(frame.bytes)}`;
      found.set(list, [...(found.get(list) ?? []), text]);
    }
  }
  return found;
}

function nameOf(feature: number): string {
  return wireSamples.find(({ number }) => number === feature)?.name ?? feature.toString(16).padStart(8, '0');
}

function firstDifference(what: string, recorded: readonly string[], today: readonly string[]): string[] {
  const length = Math.max(recorded.length, today.length);
  for (let at = 0; at < length; at++) {
    const [before = 'nothing more', now = 'nothing more'] = [recorded[at], today[at]];
    if (before !== now) return [`${what}, number ${at + 1}: recorded was ${before}; today it is ${now}`];
  }
  return [];
}
