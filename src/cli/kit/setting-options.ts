/**
 * The flags of the settings, as commander knows them. Who calls it: the commands that take them, `up` and `config show`.
 */
import { type Command, Option } from 'commander';
import { flagOf, type Setting, type Settings } from '../../kit/setting.ts';

/** Those of all settings, and `--config`. */
export function withSettings(built: Command, settings: Settings): Command {
  for (const [name, row] of Object.entries(settings))
    for (const option of optionsOf(name, row)) built.addOption(option);
  return built.option('--config <path>', 'configuration file (default: $XDG_CONFIG_HOME/skein/config.json)');
}

/**
 * What is on by default is turned off by `--no-...`. The positive flag comes first: it beats a variable or the
 * file that says no, and without it commander takes "on" for given, above both of them.
 */
function optionsOf(name: string, row: Setting): Option[] {
  const { type, isHidden = false, offHelp } = row;
  const option = new Option(`${flagOf(name)} ${type.argument ?? ''}`.trim(), helpOf(row)).hideHelp(isHidden);
  if (type.isList === true)
    option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
  if (type.argument !== undefined && offHelp === undefined) return [option];
  const off = new Option(flagOf(name).replace('--', '--no-'), offHelp);
  return offHelp === undefined ? [option, off.hideHelp()] : [option.hideHelp(), off.hideHelp(isHidden)];
}

/** With the default, where there is one to tell: that a flag is off goes without saying. */
function helpOf({ help, type, default: otherwise, defaultText }: Setting): string {
  if (defaultText !== undefined) return `${help} (default: ${defaultText})`;
  return otherwise === undefined || type.argument === undefined
    ? help
    : `${help} (default: ${type.write(otherwise)})`;
}
