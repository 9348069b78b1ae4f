/**
 * A letter of this node until the swarm has it, and what its program is answered.
 *
 * Made and changed by the author. Invariant: each of its handles is answered once.
 */
import type { Letter, Stored } from './letters-types.ts';

export interface Waiting {
  readonly letter: Letter;
  /** Among all that this node has sent; 0: it is of an earlier run. */
  readonly serial: number;
  place: number;
  readonly copies: number;
  /** Of its program, one for each time it was sent under its key; none: it is of an earlier run. */
  handles: unknown[];
  isAnswered: boolean;
  /** To a broker, which may have stored it. */
  wasSent: boolean;
  /** When it was sent, by the clock of this run. */
  readonly madeAt: number;
  /** The outbox is enough from then on, kernel time. */
  readonly outboxAt: number;
  /** In the outbox: on its way there, in it, or perhaps in it, since the commit ended in the unknown. */
  kept: 'no' | 'asked' | 'yes' | 'maybe';
}

/** That it is stored. */
export type StoredOutcome = Extract<Stored, { ok: true }>;

export interface Outcome {
  readonly handle: unknown;
  readonly stored: Stored;
}

export function outcomesOf({ handles }: Waiting, stored: Stored): Outcome[] {
  return handles.map((handle) => ({ handle, stored }));
}

export function inOutbox({ letter: { id } }: Waiting): StoredOutcome {
  return { ok: true, id, n: 0, isRepeat: false, isInOutbox: true };
}
