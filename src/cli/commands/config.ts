/** `skein config show`: every setting with its value, and where it came from. */
import type { Command } from 'commander';
import { flagOf, type Setting, wordOf } from '../../kit/setting.ts';
import { command, type PrintChoice, withJson } from '../kit/command.ts';
import { orDash, print, printJson, table } from '../kit/output.ts';
import { withSettings } from '../kit/setting-options.ts';
import { type FoundSettings, findSettings, logChoice, nodeSettings } from '../settings.ts';
import { upSettings } from '../up-settings.ts';

type ShowFlags = PrintChoice & Record<string, unknown> & { readonly config?: string };

interface ShownSetting {
  readonly setting: string;
  readonly value: string | null;
  readonly from: string;
}

export function build(): Command {
  const config = command('config', 'show the settings that skein up would use', ['skein config show']);
  config.addCommand(buildShow());
  return config;
}

function buildShow(): Command {
  const show = command('show', 'print each setting, its value and where it came from', [
    'skein config show',
    'skein config show --degree 5 --json',
  ]);
  return withJson(withSettings(show, upSettings)).action(async (flags: ShowFlags) => {
    const found = findSettings({ flags, environment: process.env, config: flags.config });
    await check(found);
    const shown = Object.entries(upSettings).map(([name, row]) => shownSetting(name, row, found));
    if (flags.json === true) printJson({ file: found.file, settings: shown, warnings: found.warnings });
    else print(formatSettings(shown, found));
  });
}

/** What `skein up` would refuse is refused here. */
async function check(found: FoundSettings): Promise<void> {
  logChoice(found);
  const { planOf } = await import('../../host/options.ts');
  planOf({ settings: nodeSettings(found), program: {} });
}

function shownSetting(name: string, row: Setting, { given }: FoundSettings): ShownSetting {
  const setting = wordOf(name);
  const found = given.get(name);
  if (found !== undefined)
    return { setting, value: row.type.write(found.value), from: placeText(found.place, name) };
  const { type, default: otherwise, defaultText = null } = row;
  return {
    setting,
    value: defaultText ?? (otherwise === undefined ? null : type.write(otherwise)),
    from: 'default',
  };
}

/** The word of a file's setting stands in the line already. */
function placeText(place: string, name: string): string {
  return place.startsWith(flagOf(name)) ? place : place.replace(/: \w+$/, '');
}

function formatSettings(shown: readonly ShownSetting[], { file, warnings }: FoundSettings): string {
  const rows = shown.map(({ setting, value, from }) => [setting, orDash(value ?? ''), from]);
  const lines = [
    table(['SETTING', 'VALUE', 'FROM'], rows),
    '',
    `configuration file: ${file.path}${file.isThere ? '' : ' (not there)'}`,
    ...warnings,
  ];
  return lines.join('\n');
}
