/**
 * Letters that the broker did not store, as events of the log: who sent them, to whom, and the code of the reason.
 *
 * Called by the intake for each message that it answers. Invariant: a flood of them does not fill the log, which gets two
 * events in a minute for each author and code; nothing of a letter but its id and recipients is in it.
 */
import { nameProblem } from '../../../kernel/identity.ts';
import type { SwarmChronicle } from '../../swarm/core/shared.ts';
import type { PutErrand } from './errand.ts';
import type { Stored } from './letters-types.ts';

/** @param now Unix milliseconds. @param via The broker's name. */
export function noteRejected(
  chronicle: SwarmChronicle,
  { from: { name: author }, message: { letters } }: PutErrand,
  outcomes: readonly Stored[],
  { now, via }: { readonly now: number; readonly via: string },
): void {
  // Most messages have none, and are many.
  if (outcomes.every(({ ok }) => ok)) return;
  for (const [i, outcome] of outcomes.entries()) {
    const letter = letters[i];
    if (outcome.ok || letter === undefined) continue;
    const { code } = outcome.failure;
    chronicle.notedOften(`letter.rejected ${author} ${code}`, {
      type: 'letter.rejected',
      at: Math.floor(now),
      author,
      subject: letter.id,
      // They are what a member has said.
      recipients: (letter.recipients ?? []).filter((name) => nameProblem(name) === undefined),
      trace: author === via ? [via] : [author, via],
      note: code,
    });
  }
}
