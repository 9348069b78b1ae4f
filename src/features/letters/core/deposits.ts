/**
 * Letters that another feature of the swarm has the broker put into a mailbox: of a node to itself.
 *
 * Made by the letters behavior. Invariant: under one id a mailbox gets one letter, whichever broker puts it and how often.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { Deposit, Parcel, SwarmCore } from '../../swarm/core/shared.ts';
import type { AskStore, PutOutcome, StoredLetter } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import { concluded } from './stored-letter.ts';

export interface DepositPorts {
  readonly swarm: SwarmCore;
  readonly ask: AskStore;
  /** Unix milliseconds. */
  wallNow(): number;
  /** The broker: this node. */
  readonly name: string;
  /** There is something new in this mailbox. */
  mail(recipient: string): void;
}

export function depositing(ports: DepositPorts): Deposit {
  return (parcel, then) => {
    const { swarm } = ports;
    const { time } = swarm;
    const letter = storedOf(parcel, { time, via: ports.name });
    const input = { now: Math.floor(ports.wallNow()), time, before: null, letters: [letter] };
    ports.ask('put', input, (completion) => {
      if (!completion.ok) return then(completion.failure);
      const [outcome] = completion.value as readonly PutOutcome[];
      then(problemOf(letter, outcome as PutOutcome));
      ports.mail(parcel.owner);
    });
  };
}

function storedOf(
  { id, owner, type, sentAt, encoding, body }: Parcel,
  { time, via }: { readonly time: number; readonly via: string },
): StoredLetter {
  const expiresAt = time + letterLimits.letterExpiresMs;
  const plain = { key: '', digest: '', notBefore: 0 };
  return { id, author: owner, recipients: [owner], type, sentAt, encoding, body, expiresAt, via, ...plain };
}

function problemOf(letter: StoredLetter, outcome: PutOutcome): Failure | undefined {
  if (outcome.type === 'other') return failure('SKEIN_INVALID', `its id is that of another letter`);
  const stored = concluded(letter, outcome);
  return stored.ok ? undefined : stored.failure;
}
