/** `skein letter watch`: prints what becomes of a letter, until it has ended for all its recipients. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { plural, print, printable } from '../../../cli/kit/output.ts';
import { interrupted, withNode } from '../../../cli/kit/with-node.ts';
import { SkeinError } from '../../../kernel/index.ts';
import type { ControlClient } from '../../../remote/client.ts';
import type { LetterStatus, RecipientStatus } from '../api.ts';
import { findLetter, idHelp } from './find-letter.ts';

/** A letter to a node that is there is handled within milliseconds; one to a node that is off may take days. */
const lookAgainMsMin = 100;
const lookAgainMsMax = 2000;

export function buildWatch(): Command {
  return withJson(
    nodeCommand('watch', 'print what becomes of a letter, until it has ended for all', [
      'skein letter watch 4f1c && echo all have it',
    ]).addHelpText('after', '\nEnds with 0 once all recipients have handled it, else with 1.'),
  )
    .argument('<id>', idHelp)
    .action(async (given: string, flags: NodeChoice & PrintChoice) => {
      const show = flags.json === true ? showJson : showText;
      const letter = await withNode(flags, (client) => watch(client, given, show));
      if (!letter.recipients.every(({ state }) => state === 'delivered')) throw new ExitError(1);
    });
}

type Show = (id: string, recipient: RecipientStatus) => void;

/** @returns the letter as it was seen last: when it has ended for all, or at Ctrl-C. */
async function watch(client: ControlClient, given: string, show: Show): Promise<LetterStatus> {
  const signal = interrupted();
  const shown = new Map<string, string>();
  let letter = await findLetter(client, given);
  for (let waitMs = lookAgainMsMin; ; waitMs = Math.min(2 * waitMs, lookAgainMsMax)) {
    const changed = letter.recipients.filter((each) => shown.get(each.name) !== JSON.stringify(each));
    for (const recipient of changed) {
      shown.set(recipient.name, JSON.stringify(recipient));
      show(letter.id, recipient);
    }
    if (letter.recipients.every(({ state }) => state !== 'stored')) return letter;
    if (changed.length > 0) waitMs = lookAgainMsMin;
    await wait(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return letter;
    letter = (await statusAgain(client, letter.id)) ?? letter;
  }
}

/** Undefined: it cannot be asked for at the moment, as while the swarm has no broker. */
async function statusAgain(client: ControlClient, id: string): Promise<LetterStatus | undefined> {
  try {
    return await findLetter(client, id);
  } catch (problem) {
    if (problem instanceof SkeinError && problem.retryable) return undefined;
    throw problem;
  }
}

function showJson(id: string, recipient: RecipientStatus): void {
  print(JSON.stringify({ id, ...recipient }));
}

function showText(_id: string, recipient: RecipientStatus): void {
  print(printable(lineOf(recipient)));
}

/** `b  delivered`, `b  stored, 1 attempt: no paper`. */
export function lineOf({ name, state, attempts, reason }: RecipientStatus): string {
  const tries = state === 'delivered' || attempts === 0 ? '' : `, ${plural(attempts, 'attempt')}`;
  return `${name}  ${state}${tries}${reason === undefined ? '' : `: ${reason}`}`;
}
