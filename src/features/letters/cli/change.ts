/** `skein letter retry` and `skein letter rm`: a letter is delivered again, or taken away. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { print, printError, printJson } from '../../../cli/kit/output.ts';
import { idHelp } from '../../../cli/kit/short-id.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { findLetter } from './find-letter.ts';

interface Change {
  readonly operation: 'retryLetter' | 'removeLetter';
  /** For each recipient that it concerned. */
  readonly done: string;
  /** Where it concerned none. */
  readonly nothing: string;
}

export function buildRetry(): Command {
  return built(
    nodeCommand('retry', 'deliver a letter again to those for whom it has failed', [
      'skein letter retry 4f1c',
    ]),
    {
      operation: 'retryLetter',
      done: 'delivered again',
      nothing: 'has failed for none of its recipients: there is nothing to retry',
    },
  );
}

export function buildRemove(): Command {
  return built(
    nodeCommand('rm', 'take a letter away from all who have not handled it', ['skein letter rm 4f1c']),
    {
      operation: 'removeLetter',
      done: 'removed',
      nothing: 'has ended for all its recipients: there is nothing to remove',
    },
  );
}

function built(bare: Command, { operation, done, nothing }: Change): Command {
  return withJson(bare)
    .argument('<id>', idHelp)
    .action(async (given: string, flags: NodeChoice & PrintChoice) => {
      const { id, recipients } = await withNode(flags, async (client) => {
        const { id, recipients } = await findLetter(client, given);
        if (recipients.some(({ state }) => state === 'outbox'))
          throw new Error(
            `letter ${id} is in the outbox of this node, and the swarm does not have it yet: try again once it has been sent on`,
          );
        return { id, ...(await client.call(operation, { id })) };
      });
      if (flags.json) printJson({ id, recipients });
      else for (const name of recipients) print(`${name}  ${done}`);
      if (recipients.length > 0) return;
      printError(`skein: letter ${id} ${nothing}`);
      throw new ExitError(1);
    });
}
