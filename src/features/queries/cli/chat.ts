/** `skein chat`: talks with other nodes by letters, and asks them and the swarm, line by line. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand } from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { controlOf } from '../../../cli/kit/with-node.ts';
import { checkName, SkeinError } from '../../../kernel/index.ts';
import { attach } from '../../../remote/attach.ts';
import { Chat } from './chat/chat.ts';
import { completeFor } from './chat/completion.ts';
import { openConsole } from './chat/open-console.ts';
import { shownHelp } from './chat/shown.ts';
import { LettersTalk } from './chat/talk.ts';

export function build(): Command {
  return nodeCommand('chat', 'talk with other nodes, and ask them and the swarm', [
    'skein chat',
    'skein chat b c --node a',
    "printf 'say hello\\nwait 10s\\n' | skein chat b",
  ])
    .argument('[names...]', 'nodes that take part from the beginning')
    .addHelpText(
      'after',
      `\nCommands, one a line:\n${shownHelp().replace(/^/gm, '  ')}\n` +
        '\nIn a terminal Tab completes, the arrow keys bring back what was typed, and\n' +
        'Ctrl-C ends a command that waits. From a pipe it reads to the end, prints\n' +
        'failures to standard error, and ends with 1 where there were some.',
    )
    .action(async (names: readonly string[], choice: NodeChoice) => {
      for (const name of names) checkName(name, 'chat: node');
      const node = await attach({ control: controlOf(choice) });
      const console = openConsole(`${node.name}> `, completeFor(node));
      let hasEnded = false;
      const ended = (): void => {
        hasEnded = true;
        console.close();
      };
      node.events.addEventListener('close', ended, { once: true });
      const chat = new Chat(node, new LettersTalk(node, names), console);
      try {
        await chat.run();
      } finally {
        console.close();
        node.events.removeEventListener('close', ended);
        await node.close();
      }
      if (hasEnded) throw new SkeinError('SKEIN_CLOSED', `chat: node ${node.name} has ended`);
      if (chat.failures > 0 && !process.stdin.isTTY) throw new ExitError(1);
    });
}
