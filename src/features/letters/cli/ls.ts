/** `skein letter ls`: the letters in the store, the oldest first. */
import { type Command, Option } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { localTime } from '../../../cli/kit/local-time.ts';
import { fittedTable, print, printJson } from '../../../cli/kit/output.ts';
import { digitsShown } from '../../../cli/kit/short-id.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { recipientStates } from '../api/check-options.ts';
import type { LetterStatus, RecipientState, RecipientStatus } from '../api.ts';
import { allLetters } from './find-letter.ts';

/** Of an id: mostly enough to know it from the others. */
const outboxDigits = 8;

interface ListFlags extends NodeChoice, PrintChoice {
  readonly from?: string;
  readonly to?: string;
  readonly state?: RecipientState;
  readonly outbox?: boolean;
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
    .option('--outbox', 'those of this node that the swarm has not taken yet')
    .action(async ({ from, to, state, outbox, ...options }: ListFlags) => {
      if (outbox === true) return listOutbox(options);
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

async function listOutbox(options: NodeChoice & PrintChoice): Promise<void> {
  const { letters } = await withNode(options, (client) => client.call('outbox', {}));
  if (options.json) return printJson(letters);
  if (letters.length === 0) return print('no letters');
  const rows = letters.map(({ id, sentAt, to, type, bytes }) => [
    id.slice(0, outboxDigits),
    localTime(sentAt),
    to.length === 0 ? 'all' : namesText(to),
    type,
    `${bytes} bytes`,
  ]);
  print(fittedTable(['ID', 'SENT', 'TO', 'TYPE', 'SIZE'], rows, ['TO', 'TYPE']));
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
  return namesText(recipients.map(({ name }) => name));
}

function namesText([first, ...others]: readonly string[]): string {
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
