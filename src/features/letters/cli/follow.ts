/**
 * `skein letter follow`: handles the letters to this node as they come, by printing them.
 *
 * Invariant: a letter is settled once its line is written, and not before: one that was not printed comes again.
 */
import type { Command } from 'commander';
import {
  countOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../../../cli/kit/command.ts';
import { interrupted, printedItem } from '../../../cli/kit/interrupt.ts';
import { printable } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { bodyToJson } from '../../../kit/body.ts';
import type { OutputOf } from '../../../kit/operation.ts';
import type { operations } from '../remote.ts';

interface FollowFlags extends NodeChoice, PrintChoice {
  readonly count?: number;
}

type Handed = OutputOf<(typeof operations)['handleLetters']>;

export function buildFollow(): Command {
  return withJson(
    nodeCommand('follow', 'handle the letters to this node as they come: print each', [
      'skein letter follow',
      'skein letter follow --count 1 --json',
    ]).addHelpText(
      'after',
      '\nA letter that was printed is delivered. A node handles its letters in one place:\n' +
        'while a program or another follow does, this one is refused.',
    ),
  )
    .option('--count <n>', 'end after this many', countOption)
    .action(({ count, json, ...choice }: FollowFlags) =>
      withNode(choice, async (client) => {
        // One at a time: at Ctrl-C no other has been taken from its mailbox.
        const input = { concurrency: 1, ...(count === undefined ? {} : { count }) };
        let left = count ?? Number.POSITIVE_INFINITY;
        const signal = interrupted();
        for await (const letter of client.stream('handleLetters', input, { signal })) {
          await printedItem(json === true ? jsonLine(letter) : textLine(letter), signal);
          await client.call('settleLetter', { ticket: letter.ticket });
          if (--left <= 0) break;
        }
      }),
    );
}

function jsonLine({ ticket: _ticket, ...letter }: Handed): string {
  return JSON.stringify({ ...letter, body: bodyToJson(letter.body) });
}

/** `4f1c20ab from a [letter] read this when you are back`. */
function textLine({ id, from, type, body }: Handed): string {
  const text = typeof body === 'string' ? body : JSON.stringify(bodyToJson(body));
  return printable(`${id.slice(0, 8)} from ${from} [${type}] ${text}`);
}
