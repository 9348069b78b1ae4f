/** `skein up`: a node in this process, until it is told to leave. */
import { type Command, Option } from 'commander';
import { command } from '../command.ts';
import { flagOf, gatherSettings, type SettingText, settingTexts } from '../settings.ts';

export function build(): Command {
  const up = command('up', 'start a node and keep it running', [
    'skein up --name a',
    'skein up --name b --connect 127.0.0.1:7400 --no-discovery',
    'skein up --listen 0.0.0.0:7400 --insecure',
  ]);
  for (const setting of settingTexts) up.addOption(optionOf(setting));
  return up
    .option('--config <path>', 'configuration file (default: $XDG_CONFIG_HOME/skein/config.json)')
    .addOption(new Option('--while-stdin', 'leave when standard input ends').hideHelp())
    .addHelpText(
      'after',
      '\nEvery flag is also a variable (SKEIN_NAME) and a key of the configuration file ("name").',
    )
    .action(async (flags: Record<string, unknown> & { config?: string; whileStdin?: boolean }) => {
      const settings = gatherSettings({ flags, environment: process.env, config: flags.config });
      const { runNode } = await import('../run-node.ts');
      await runNode(settings, { whileStdin: flags.whileStdin === true });
    });
}

/** What is on by default is turned off by `--no-...`. */
function optionOf({ name, value, help, read, hidden }: SettingText): Option {
  const isOnByDefault = name === 'discovery' || name === 'folder';
  const flags = isOnByDefault ? flagOf(name).replace('--', '--no-') : `${flagOf(name)} ${value ?? ''}`.trim();
  const option = new Option(flags, isOnByDefault ? `do not ${help}` : help);
  if (read === 'list')
    option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
  return option.hideHelp(hidden === true);
}
