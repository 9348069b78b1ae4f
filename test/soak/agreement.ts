/**
 * Is the mesh one again: does everybody know everybody, and see the same network?
 *
 * Used by run.ts after each storm and at the end. Invariant: pure; what it finds lacking is one sentence about
 * one member, and who does not answer lacks everything.
 */
import type { ViolationKind } from './judge.ts';
import type { Answer } from './protocol.ts';

/** What the first member that lacks something lacks; undefined when nobody does. */
export function lackOf(
  names: readonly string[],
  answers: readonly (Answer | undefined)[],
): string | undefined {
  for (const [index, answer] of answers.entries()) {
    const name = names[index] as string;
    if (answer === undefined) return `${name} did not answer`;
    const others = names.filter((other) => other !== name);
    const unknown = others.filter((other) => !answer.known.includes(other));
    if (unknown.length > 0) return `${name} did not know ${unknown.join(', ')}`;
    const untold = others.filter((other) => !answer.told.includes(other));
    if (untold.length > 0) return `${name} knew ${untold.join(', ')} but had told them down`;
    if (answer.topology !== answers[0]?.topology) return `${name} and ${names[0]} saw different networks`;
  }
  return undefined;
}

interface Open {
  readonly kind: ViolationKind;
  readonly text: string;
}

/** What is not over though nothing has been sent for long. */
export function openAtEnd(
  names: readonly string[],
  answers: readonly (Pick<Answer, 'sending'> | undefined)[],
): Open[] {
  return names.flatMap((name, index): Open | Open[] => {
    const answer = answers[index];
    if (answer === undefined) return [{ kind: 'did not answer', text: `${name} did not answer at the end` }];
    if (answer.sending === 0) return [];
    const text = `${name} had ${answer.sending} sends under way at the end`;
    return [{ kind: 'send without an end', text }];
  });
}
