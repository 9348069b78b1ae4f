/** `skein chat`: talks with other nodes in conversations, and asks them and the swarm, line by line. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand } from '../../../cli/kit/command.ts';
import { ExitError, UsageError } from '../../../cli/kit/exit.ts';
import { idProblem } from '../../../cli/kit/short-id.ts';
import { controlOf } from '../../../cli/kit/with-node.ts';
import { checkName, SkeinError } from '../../../kernel/index.ts';
import { attach } from '../../../remote/attach.ts';
import { Chat } from './chat/chat.ts';
import { completeFor } from './chat/completion.ts';
import { conversations } from './chat/ids.ts';
import { openConsole } from './chat/open-console.ts';
import { shownCurrent, shownHelp } from './chat/shown.ts';
import { type Current, Talk } from './chat/talk.ts';

interface ChatFlags extends NodeChoice {
  readonly conversation?: string;
}

export function build(): Command {
  return nodeCommand('chat', 'talk with other nodes, and ask them and the swarm', [
    'skein chat',
    'skein chat b c --node a',
    'skein chat --conversation 4f1c20ab',
    "printf 'say hello\\nwait 10s\\n' | skein chat b",
    "printf 'order coffee latte\\nwait 1m\\n' | skein chat",
  ])
    .argument('[names...]', 'nodes that take part from the beginning')
    .option('--conversation <id>', 'go on with this one: its id, or the first digits of it (at least 4)')
    .addHelpText(
      'after',
      `\nCommands, one a line:\n${shownHelp().replace(/^/gm, '  ')}\n` +
        '\nAn order is work for whichever node has the service: the answer is its id, and\n' +
        'what came of it is shown once it has ended. It goes on without the chat. INPUT\n' +
        'is text, or JSON in {} or [].\n' +
        '\nThe swarm keeps conversations: they go on after a restart of any node. What is\n' +
        'said in another one than the current one is shown with its id. Letters outside\n' +
        'of conversations are not shown: `skein letter follow` does. A node handles what\n' +
        'is said to it in one place: while a program does, chat is refused.\n' +
        '\nIn a terminal Tab completes, the arrow keys bring back what was typed, and\n' +
        'Ctrl-C ends a command that waits. From a pipe it reads to the end, prints\n' +
        'failures to standard error, and ends with 1 where there were some.',
    )
    .action(async (names: readonly string[], { conversation, ...choice }: ChatFlags) => {
      for (const name of names) checkName(name, 'chat: node');
      const problem = conversation === undefined ? undefined : idProblem(conversations, conversation);
      if (problem !== undefined) throw new UsageError(`--conversation: ${problem}`);
      const node = await attach({ control: controlOf(choice) });
      const console = openConsole(`${node.name}> `, completeFor(node));
      let hasEnded = false;
      const ended = (): void => {
        hasEnded = true;
        console.close();
      };
      node.events.addEventListener('close', ended, { once: true });
      const talk = new Talk(node, conversation === undefined ? names : []);
      const chat = new Chat(node, talk, console);
      try {
        if (conversation !== undefined)
          await console.print(shownCurrent(await goneOn(talk, conversation, names), node.name));
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

async function goneOn(talk: Talk, id: string, names: readonly string[]): Promise<Current> {
  const never = new AbortController().signal;
  const current = await talk.goOn(id, never);
  return names.length === 0 ? current : talk.invite(names, never);
}
