/** `skein letter ...`: messages that are kept until their recipients have handled them. */
import type { Command } from 'commander';
import { command } from '../../../cli/kit/command.ts';
import { buildRemove, buildRetry } from './change.ts';
import { buildFollow } from './follow.ts';
import { buildList } from './ls.ts';
import { buildSend } from './send.ts';
import { buildShow } from './show.ts';
import { buildWatch } from './watch.ts';

export function build(): Command {
  const letter = command('letter', 'send, handle and look at letters: messages kept for nodes that are off', [
    "skein letter send b 'read this when you are back'",
    'skein letter ls',
  ]);
  const commands = [buildSend, buildFollow, buildList, buildShow, buildWatch, buildRetry, buildRemove];
  for (const build of commands) letter.addCommand(build());
  return letter;
}
