/** `skein up`: a node in this process, until it is told to leave. */
import { type Command, Option } from 'commander';
import { command } from '../kit/command.ts';
import { flagOf, gatherSettings, type SettingText, settingTexts } from '../settings.ts';

type UpFlags = Record<string, unknown> & { readonly config?: string; readonly whileStdin?: boolean };

export function build(): Command {
  const up = command('up', 'start a node and keep it running', [
    'skein up --name a',
    'skein up --name b --connect 127.0.0.1:7400 --no-discovery',
    'skein up --listen 0.0.0.0:7400 --insecure',
    'skein up --formation tcp://127.0.0.1:7015',
  ]);
  for (const setting of settingTexts) for (const option of optionsOf(setting)) up.addOption(option);
  return up
    .option('--config <path>', 'configuration file (default: $XDG_CONFIG_HOME/skein/config.json)')
    .addOption(new Option('--while-stdin', 'leave when standard input ends').hideHelp())
    .addHelpText(
      'after',
      '\nEvery flag is also a variable and a key of the configuration file: --sync-period is\n' +
        'SKEIN_SYNC_PERIOD and "syncPeriod", --no-discovery is SKEIN_DISCOVERY=false and\n"discovery": false.',
    )
    .action(async (flags: UpFlags) => {
      const settings = gatherSettings({ flags, environment: process.env, config: flags.config });
      const { runNode } = await import('../run-node.ts');
      await runNode(settings, { whileStdin: flags.whileStdin === true });
    });
}

/**
 * What is on by default is turned off by `--no-...`. The positive flag comes first: it beats a variable or the
 * file that says no, and without it commander takes "on" for given, above both of them.
 */
function optionsOf(setting: SettingText): Option[] {
  const { name, value, help, read } = setting;
  const option = new Option(`${flagOf(name)} ${value ?? ''}`.trim(), help).hideHelp(setting.hidden === true);
  if (read === 'list')
    option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
  if (read !== 'flag') return [option];
  const off = new Option(flagOf(name).replace('--', '--no-'), `do not ${help}`);
  return setting.isOnByDefault === true
    ? [option.hideHelp(), off.hideHelp(setting.hidden === true)]
    : [option, off.hideHelp()];
}
