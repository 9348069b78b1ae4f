/** `skein letter show`: how a letter stands with each recipient, and its body. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { UsageError } from '../../../cli/kit/exit.ts';
import { localTime } from '../../../cli/kit/local-time.ts';
import { fittedTable, list, orDash, plural, print, printBody, printJson } from '../../../cli/kit/output.ts';
import { idHelp } from '../../../cli/kit/short-id.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { bodyToJson } from '../../../kit/body.ts';
import type { LetterStatus } from '../api.ts';
import { findLetter } from './find-letter.ts';

interface ShowFlags extends NodeChoice, PrintChoice {
  readonly raw?: boolean;
}

/** Undefined: none is kept any more. */
type Kept = { readonly body: unknown } | undefined;

export function buildShow(): Command {
  return withJson(
    nodeCommand('show', 'show how a letter stands with each recipient, and its body', [
      'skein letter show 4f1c',
      'skein letter show 4f1c --raw > report.pdf',
    ]),
  )
    .argument('<id>', idHelp)
    .option('--raw', 'print the body alone: bytes as they are')
    .action(async (given: string, flags: ShowFlags) => {
      if (flags.raw && flags.json) throw new UsageError('letter show: give --raw or --json, and not both');
      const { letter, kept } = await withNode(flags, async (client) => {
        const letter = await findLetter(client, given);
        const found = await client.call('letterBody', { id: letter.id });
        return { letter, kept: 'body' in found ? { body: found.body } : undefined };
      });
      if (flags.raw) printBody(bodyOf(letter, kept));
      else if (flags.json) printJson({ ...letter, ...(kept && { body: bodyToJson(kept.body) }) });
      else show(letter, kept);
    });
}

function bodyOf(letter: LetterStatus, kept: Kept): unknown {
  if (kept !== undefined) return kept.body;
  throw new Error(`letter ${letter.id} has no body any more: it has ended for all its recipients`);
}

function show(letter: LetterStatus, kept: Kept): void {
  print(formatLetter(letter));
  if (kept === undefined) return;
  print('');
  if (kept.body instanceof Uint8Array) print(`(${plural(kept.body.length, 'byte')}: --raw prints them)`);
  else printBody(kept.body);
}

export function formatLetter({ id, from, type, sentAt, bytes, recipients }: LetterStatus): string {
  const head = list([
    ['id', id],
    ['from', from],
    ['type', type],
    ['sent', localTime(sentAt)],
    ['size', plural(bytes, 'byte')],
  ]);
  const rows = recipients.map(({ name, state, attempts, due, at, reason }) => [
    name,
    state,
    String(attempts),
    whenText(at, due),
    orDash(reason),
  ]);
  const recipientTable = fittedTable(['RECIPIENT', 'STATE', 'ATTEMPTS', 'WHEN', 'REASON'], rows, [
    'RECIPIENT',
    'REASON',
  ]);
  return `${head}\n\n${recipientTable}`;
}

/** When it has ended, or when it is due. */
function whenText(at: number | undefined, due: number | undefined): string {
  if (at !== undefined) return localTime(at);
  return due === undefined ? '-' : `due ${localTime(due)}`;
}
