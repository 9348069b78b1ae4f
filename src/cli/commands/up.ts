/** `skein up`: a node in this process, until it is told to leave. */
import { type Command, Option } from 'commander';
import { command } from '../kit/command.ts';
import { withSettings } from '../kit/setting-options.ts';
import { findSettings } from '../settings.ts';
import { upSettings } from '../up-settings.ts';

type UpFlags = Record<string, unknown> & { readonly config?: string; readonly whileStdin?: boolean };

export function build(): Command {
  const up = command('up', 'start a node and keep it running', [
    'skein up --name a',
    'skein up --name b --connect 127.0.0.1:7400 --no-discovery',
    'skein up --listen 0.0.0.0:7400 --insecure',
    'skein up --formation tcp://127.0.0.1:7015',
  ]);
  return withSettings(up, upSettings)
    .addOption(new Option('--while-stdin', 'leave when standard input ends').hideHelp())
    .addHelpText(
      'after',
      '\nEvery flag is also a variable and a key of the configuration file: --sync-period\n' +
        'is SKEIN_SYNC_PERIOD and "syncPeriod", --no-discovery is SKEIN_DISCOVERY=false\n' +
        'and "discovery": false. What counts in the end, and why: skein config show.',
    )
    .action(async (flags: UpFlags) => {
      const found = findSettings({ flags, environment: process.env, config: flags.config });
      const { runNode } = await import('../run-node.ts');
      await runNode(found, { whileStdin: flags.whileStdin === true });
    });
}
