/**
 * Finds the settings of `skein up`: flag, then `SKEIN_*` variable, then configuration file, then the default.
 *
 * Called by `up` and `config show`. Invariant: this file only finds values and remembers where each came from; what is
 * accepted stands in the one table of settings (`node/settings.ts`), to which the log of the command is added here.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkSetting, flagOf, type Setting, variableOf, wordOf } from '../kit/setting.ts';
import { type GivenSetting, type GivenSettings, settings, unknownText } from '../node/settings.ts';
import { UsageError } from './kit/exit.ts';
import { logSettings, upSettings } from './up-settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const names = Object.keys(upSettings);
const words = names.map(wordOf);

/** Read by commands too, or by what finds keys and the runtime folder. */
const otherVariables = ['SKEIN_NODE', 'SKEIN_CONFIG', 'SKEIN_KEY', 'SKEIN_RUNTIME_DIR'];

export interface SettingSources {
  /** What commander has parsed, by setting name. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  /** Path given by `--config`: it must be there. */
  readonly config: string | undefined;
}

export interface FoundSettings {
  /** By name; those that nobody gave are not in it. */
  readonly given: ReadonlyMap<string, GivenSetting>;
  /** The configuration file that was looked for. */
  readonly file: { readonly path: string; readonly isThere: boolean };
  /** What looks like a setting and is none. */
  readonly warnings: readonly string[];
}

/** @throws UsageError when the file cannot be used or names what is no setting. */
export function findSettings({ flags, environment, config }: SettingSources): FoundSettings {
  const file = readFile(config, environment);
  return {
    given: new Map([...fromFile(file), ...fromEnvironment(environment), ...fromFlags(flags)]),
    file: { path: file.path, isThere: file.text !== undefined },
    warnings: unknownVariables(environment),
  };
}

/** Those of the node, with what `skein up` does by itself. */
export function nodeSettings({ given }: FoundSettings): GivenSettings {
  const own = Object.entries(settings)
    .filter(([, row]) => row.defaultAtUp !== undefined)
    .map(([name, row]) => [name, { value: row.defaultAtUp, place: wordOf(name) }] as const);
  return new Map([...own, ...[...given].filter(([name]) => name in settings)]) as GivenSettings;
}

/** How the command logs. @throws TypeError */
export function logChoice({ given }: FoundSettings) {
  const { logLevel, logFormat } = logSettings;
  return {
    level: chosenOf(logLevel, given.get('logLevel')),
    format: chosenOf(logFormat, given.get('logFormat')),
  };
}

function chosenOf<Value>(
  row: Setting<Value> & { readonly default: Value },
  found: GivenSetting | undefined,
): Value {
  return found === undefined ? row.default : checkSetting(row, found.value, found.place);
}

function fromFlags(flags: Readonly<Record<string, unknown>>): [string, GivenSetting][] {
  return Object.entries(upSettings).flatMap(([name, row]) => {
    const value = flags[wordOf(name)];
    if (value === undefined) return [];
    const place = value === false ? flagOf(name).replace('--', '--no-') : flagOf(name);
    return [[name, { value: readFlag(row, value), place }]];
  });
}

function readFlag({ type }: Setting, value: unknown): unknown {
  if (typeof value === 'boolean') return value;
  return type.read(Array.isArray(value) ? value.join(',') : String(value));
}

function fromEnvironment(environment: Environment): [string, GivenSetting][] {
  return Object.entries(upSettings).flatMap(([name, { type }]) => {
    const place = variableOf(name);
    const text = environment[place];
    // An empty variable is how scripts say "not set".
    return text === undefined || text === '' ? [] : [[name, { value: type.read(text), place }]];
  });
}

function unknownVariables(environment: Environment): string[] {
  const known = [...names.map(variableOf), ...otherVariables];
  return Object.keys(environment)
    .filter((name) => name.startsWith('SKEIN_') && !known.includes(name))
    .map((name) => `${unknownText('variable', name, known)} It is ignored.`);
}

function fromFile({ path, text }: { path: string; text: string | undefined }): [string, GivenSetting][] {
  if (text === undefined) return [];
  return Object.entries(parseObject(text, path)).map(([word, value]) => {
    const name = names[words.indexOf(word)];
    if (name === undefined) throw new UsageError(`${path}: ${unknownText('setting', word, words)}`);
    return [name, { value: readJson(upSettings[name] as Setting, value), place: `${path}: ${word}` }];
  });
}

/** A text is read as a flag's would be, and so is a number where it needs a unit. */
function readJson({ type }: Setting, value: unknown): unknown {
  if (typeof value === 'string') return type.read(value);
  return typeof value === 'number' && type.readNumber !== undefined ? type.readNumber(value) : value;
}

function readFile(config: string | undefined, environment: Environment) {
  const chosen = config ?? environment.SKEIN_CONFIG;
  const path = chosen ?? defaultConfigPath(environment);
  return { path, text: readText(path, chosen !== undefined) };
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
