/** `skein letter watch`: prints what becomes of a letter, until it has ended for all its recipients. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { interrupted, printedItem } from '../../../cli/kit/interrupt.ts';
import { plural, printable } from '../../../cli/kit/output.ts';
import { idHelp } from '../../../cli/kit/short-id.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
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
      const show = flags.json === true ? jsonLine : textLine;
      const letter = await withNode(flags, (client) => watch(client, given, show));
      if (!letter.recipients.every(({ state }) => state === 'delivered')) throw new ExitError(1);
    });
}

type Show = (id: string, recipient: RecipientStatus) => string;

/** @returns the letter as it was seen last: when it has ended for all, or at Ctrl-C. */
async function watch(client: ControlClient, given: string, show: Show): Promise<LetterStatus> {
  const shown = new Map<string, string>();
  let letter = await findLetter(client, given);
  const signal = interrupted();
  for await (const status of client.stream('watchLetter', { id: letter.id }, { signal })) {
    letter = status;
    for (const recipient of status.recipients) {
      const text = JSON.stringify(recipient);
      if (shown.get(recipient.name) !== text) await printedItem(show(letter.id, recipient), signal);
      shown.set(recipient.name, text);
    }
  }
  return letter;
}

function jsonLine(id: string, recipient: RecipientStatus): string {
  return JSON.stringify({ id, ...recipient });
}

function textLine(_id: string, recipient: RecipientStatus): string {
  return printable(lineOf(recipient));
}

/** `b  delivered`, `b  stored, 1 attempt: no paper`. */
export function lineOf({ name, state, attempts, reason }: RecipientStatus): string {
  const tries = state === 'delivered' || attempts === 0 ? '' : `, ${plural(attempts, 'attempt')}`;
  return `${name}  ${state}${tries}${reason === undefined ? '' : `: ${reason}`}`;
}
