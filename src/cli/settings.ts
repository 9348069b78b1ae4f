/**
 * Gathers the settings of `skein up`: flag, then `SKEIN_*` variable, then configuration file.
 *
 * Called by `up`. Invariant: this file only finds values and remembers where each came from; what is
 * accepted stands in the one schema (`operations/up-settings.ts`).
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { featureTexts } from '../features/up.ts';
import type { SettingText } from '../kit/up-setting.ts';
import { checkUpSettings, type GivenSetting, type UpSettings } from '../node/up-settings.ts';
import { UsageError } from './kit/exit.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type { SettingText } from '../kit/up-setting.ts';

export const settingTexts: readonly SettingText[] = [
  { name: 'name', read: 'text', value: '<name>', help: 'unique in the mesh (default: the host name)' },
  {
    name: 'namespace',
    read: 'text',
    value: '<name>',
    help: 'only nodes of one namespace find each other (default: default)',
  },
  { name: 'degree', read: 'number', value: '<n>', help: 'links to keep; 0 never solicits (default: 3)' },
  {
    name: 'listen',
    read: 'text',
    value: '<host:port>',
    help: 'port 0 picks one (default: :0 with a key, 127.0.0.1:0 without)',
  },
  { name: 'advertise', read: 'list', value: '<host:port...>', help: 'addresses told to others instead' },
  { name: 'connect', read: 'list', value: '<host:port...>', help: 'nodes to link to, beside those found' },
  ...featureTexts,
  {
    name: 'discoveryPort',
    read: 'number',
    value: '<port>',
    help: 'UDP port shared by all nodes (default: 7077)',
  },
  {
    name: 'broadcast',
    read: 'list',
    value: '<address...>',
    help: 'broadcast addresses (default: those of the interfaces)',
  },
  {
    name: 'syncPeriod',
    read: 'text',
    value: '<duration>',
    help: 'how often neighbors compare what they know (default: 10s)',
  },
  {
    name: 'control',
    read: 'text',
    value: '<path>',
    help: 'path of the control socket (default: in the runtime folder)',
  },
  {
    name: 'keyFile',
    read: 'text',
    value: '<path>',
    help: 'mesh keys (default: SKEIN_KEY, else $XDG_CONFIG_HOME/skein/keys)',
  },
  { name: 'insecure', read: 'flag', help: 'go without a key, also beyond loopback: everybody can join' },
  {
    name: 'discovery',
    read: 'flag',
    help: 'find nodes by UDP and by the runtime folder',
    isOnByDefault: true,
  },
  {
    name: 'folder',
    read: 'flag',
    help: 'find nodes by the runtime folder',
    isOnByDefault: true,
    hidden: true,
  },
  {
    name: 'logLevel',
    read: 'text',
    value: '<level>',
    help: 'debug, info, warn, error or silent (default: warn)',
  },
  {
    name: 'logFormat',
    read: 'text',
    value: '<format>',
    help: 'text, or json: one object a line, as pino writes it (default: text)',
  },
];

export interface SettingSources {
  /** What commander has parsed, by setting name. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  /** Path given by `--config`: it must be there. */
  readonly config: string | undefined;
}

/** @throws UsageError when the file cannot be used; SkeinError SKEIN_INVALID when a value does not fit. */
export function gatherSettings({ flags, environment, config }: SettingSources): UpSettings {
  const given = new Map<string, GivenSetting>(fromFile(config, environment));
  for (const [name, setting] of fromEnvironment(environment)) given.set(name, setting);
  for (const [name, setting] of fromFlags(flags)) given.set(name, setting);
  return checkUpSettings(given);
}

/** `discoveryPort` is `--discovery-port` and `SKEIN_DISCOVERY_PORT`. */
export function flagOf(name: string): string {
  return `--${kebab(name)}`;
}

export function variableOf(name: string): string {
  return `SKEIN_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
}

function* fromFlags(flags: Readonly<Record<string, unknown>>): Iterable<[string, GivenSetting]> {
  for (const setting of settingTexts) {
    const value = flags[setting.name];
    if (value === undefined) continue;
    const source = value === false ? `--no-${kebab(setting.name)}` : flagOf(setting.name);
    yield [
      setting.name,
      { value: typeof value === 'boolean' ? value : read(setting, value as string | string[]), source },
    ];
  }
}

function* fromEnvironment(environment: Environment): Iterable<[string, GivenSetting]> {
  for (const setting of settingTexts) {
    const source = variableOf(setting.name);
    const text = environment[source];
    // An empty variable is how scripts say "not set".
    if (text !== undefined && text !== '') yield [setting.name, { value: read(setting, text), source }];
  }
}

function* fromFile(config: string | undefined, environment: Environment): Iterable<[string, GivenSetting]> {
  const path = config ?? environment.SKEIN_CONFIG ?? defaultConfigPath(environment);
  const chosen = config !== undefined || environment.SKEIN_CONFIG !== undefined;
  const text = readText(path, chosen);
  if (text === undefined) return;
  for (const [name, value] of Object.entries(parseObject(text, path))) {
    yield [name, { value, source: `${path}: ${name}` }];
  }
}

export function defaultConfigPath(environment: Environment): string {
  const base = environment.XDG_CONFIG_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.config') : base, 'skein', 'config.json');
}

function readText(path: string, chosen: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (problem) {
    const { code } = problem as NodeJS.ErrnoException;
    if (!chosen && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    throw new UsageError(`the configuration file ${path} cannot be read (${code}): name one with --config`);
  }
}

function parseObject(text: string, path: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (problem) {
    throw new UsageError(`the configuration file ${path} is not JSON: ${(problem as Error).message}`);
  }
  throw new UsageError(`the configuration file ${path} holds one JSON object, such as {"degree": 3}`);
}

function read(setting: SettingText, given: string | string[]): unknown {
  const text = Array.isArray(given) ? given.join(',') : given;
  switch (setting.read) {
    case 'text':
      return text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'flag':
      return flagWords.get(text.toLowerCase()) ?? text;
  }
}

const flagWords = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
