/** `skein demo`: five real nodes on this machine, one of which is killed. */
import type { Command } from 'commander';
import { command } from '../kit/command.ts';
import { ExitError } from '../kit/exit.ts';

export function build(): Command {
  return command('demo', 'watch five nodes form a mesh, lose one and get it back', [
    'skein demo',
    'skein demo | cat',
  ]).action(async () => {
    const { runDemo } = await import('../demo.ts');
    const exitCode = await runDemo();
    if (exitCode !== 0) throw new ExitError(exitCode);
  });
}
