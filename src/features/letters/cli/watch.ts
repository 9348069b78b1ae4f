/** `skein letter watch`: prints what becomes of a letter, until it has ended for all its recipients. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { plural, print, printable } from '../../../cli/kit/output.ts';
import { idHelp } from '../../../cli/kit/short-id.ts';
import { interrupted, withNode } from '../../../cli/kit/with-node.ts';
import type { ControlClient } from '../../../remote/client.ts';
import type { LetterStatus, RecipientStatus } from '../api.ts';
import { findLetter } from './find-letter.ts';

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
  const shown = new Map<string, string>();
  let letter = await findLetter(client, given);
  for await (const status of client.stream('watchLetter', { id: letter.id }, { signal: interrupted() })) {
    letter = status;
    for (const recipient of status.recipients) {
      const text = JSON.stringify(recipient);
      if (shown.get(recipient.name) !== text) show(letter.id, recipient);
      shown.set(recipient.name, text);
    }
  }
  return letter;
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
