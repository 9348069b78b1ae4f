/** `skein letter ls`: the letters in the store, the oldest first. */
import { type Command, Option } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { localTime } from '../../../cli/kit/local-time.ts';
import { fittedTable, print, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { recipientStates } from '../api/check-options.ts';
import type { LetterStatus, RecipientState, RecipientStatus } from '../api.ts';
import { allLetters, digitsShown } from './find-letter.ts';

interface ListFlags extends NodeChoice, PrintChoice {
  readonly from?: string;
  readonly to?: string;
  readonly state?: RecipientState;
}

export function buildList(): Command {
  return withJson(
    nodeCommand('ls', 'list the letters in the store, the oldest first', [
      'skein letter ls',
      'skein letter ls --to b --state failed',
    ]),
  )
    .option('--from <node>', 'only of this author')
    .option('--to <node>', 'only to this recipient')
    .addOption(
      new Option('--state <state>', 'only with a recipient in this state').choices([...recipientStates]),
    )
    .action(async ({ from, to, state, ...options }: ListFlags) => {
      const filter = {
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(state === undefined ? {} : { state }),
      };
      const letters = await withNode(options, (client) => allLetters(client, filter));
      if (options.json) printJson(letters);
      else print(letters.length === 0 ? 'no letters' : formatLetters(letters));
    });
}

export function formatLetters(letters: readonly LetterStatus[]): string {
  const digits = digitsShown(letters);
  return fittedTable(
    ['ID', 'SENT', 'FROM', 'TO', 'TYPE', 'STATE'],
    letters.map(({ id, sentAt, from, type, recipients }) => [
      id.slice(0, digits),
      localTime(sentAt),
      from,
      recipientsText(recipients),
      type,
      statesText(recipients),
    ]),
    ['FROM', 'TO', 'TYPE', 'STATE'],
  );
}

function recipientsText(recipients: readonly RecipientStatus[]): string {
  const [first, ...others] = recipients.map(({ name }) => name);
  return others.length < 2 ? [first, ...others].join(', ') : `${first} and ${others.length} more`;
}

/** `stored`, or `2 delivered, 1 failed`. */
function statesText(recipients: readonly RecipientStatus[]): string {
  const counts = recipientStates
    .map((state) => [state, recipients.filter((each) => each.state === state).length] as const)
    .filter(([, count]) => count > 0);
  const [only, ...others] = counts;
  if (only !== undefined && others.length === 0) return only[0];
  return counts.map(([state, count]) => `${count} ${state}`).join(', ');
}
