/**
 * A letter as the broker stores it: who gets it, until when, or why it is not stored.
 *
 * Called for each letter that is to be stored. Invariant: a letter is refused as a whole, with a reason that names what
 * is wrong with it.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import { nameProblem } from '../../../kernel/identity.ts';
import type { SwarmCore } from '../../swarm/core/shared.ts';
import type { Letter, PutOutcome, Stored, StoredLetter } from './letters-types.ts';
import { letterLimits } from './limits.ts';

/** @param time Unix milliseconds, by which letters wait and expire. @param via The broker's name. */
export function storedLetter(
  letter: Letter,
  author: string,
  swarm: Pick<SwarmCore, 'hasSeen' | 'namesSeen'>,
  { time, via }: { readonly time: number; readonly via: string },
): StoredLetter | Failure {
  const { recipients: named, delayMs, allowsUnknown } = letter;
  const recipients =
    named === undefined ? [...swarm.namesSeen()].filter((name) => name !== author) : eachOnce(named);
  const wrong = recipients.find((name) => nameProblem(name) !== undefined);
  if (wrong !== undefined) return failure('SKEIN_INVALID', `recipient: ${nameProblem(wrong)}`);
  if (recipients.includes(author))
    return failure('SKEIN_SELF', `${author} is the author itself: a node sends no letter to itself`);
  if (recipients.length === 0)
    return failure('SKEIN_UNKNOWN_NODE', 'the swarm has seen no node but the author: nobody to send it to');
  const unknown = allowsUnknown ? [] : recipients.filter((name) => !swarm.hasSeen(name));
  if (unknown.length > 0)
    return failure(
      'SKEIN_UNKNOWN_NODE',
      `the swarm has never seen ${listed(unknown)}: check the name, or allow unknown recipients`,
      { nodes: unknown },
    );
  const notBefore = delayMs === 0 ? 0 : time + delayMs;
  // Field by field: the rest of a spread takes several times as much memory, of each letter.
  return {
    id: letter.id,
    type: letter.type,
    encoding: letter.encoding,
    body: letter.body,
    key: letter.key,
    digest: letter.digest,
    sentAt: letter.sentAt,
    author,
    recipients,
    notBefore,
    expiresAt: time + Math.max(1, letter.expiresMs),
    via,
  };
}

/** What the store has made of it, as it is reported to its author. */
export function concluded({ id, key }: StoredLetter, outcome: PutOutcome): Stored {
  switch (outcome.type) {
    case 'stored':
      return { ok: true, id, n: outcome.n, isRepeat: false };
    case 'repeat':
      return { ok: true, id: outcome.id, n: outcome.n, isRepeat: true };
    case 'other': {
      const text = `the idempotency key "${key}" was used for another letter, ${outcome.id}: send the same one, or take another key`;
      return { ok: false, failure: failure('SKEIN_INVALID', text) };
    }
    case 'full': {
      const { mailboxLettersMax, mailboxBytesMax } = letterLimits;
      const text = `the mailbox of ${listed(outcome.recipients)} is full: ${mailboxLettersMax} letters or ${mailboxBytesMax} bytes wait there already`;
      return { ok: false, failure: failure('SKEIN_MAILBOX_FULL', text, { nodes: outcome.recipients }) };
    }
  }
}

/** Most letters are to one. */
function eachOnce(names: readonly string[]): readonly string[] {
  return names.length === 1 ? names : [...new Set(names)];
}

/** A few of them, and how many more. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
