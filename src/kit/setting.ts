/**
 * A setting of a node: one row of the table of settings, said once for options, flags, variables, the configuration
 * file, changes at run time, `--help` and the README.
 *
 * Written by the node (`node/settings.ts`) and by features (`features/NAME/settings.ts`). Invariant: a value gets past
 * `checkSetting` only where its type has no complaint, and a complaint names the place, the value and what is accepted.
 */
import { nameProblem } from '../kernel/identity.ts';
import { shown } from './arguments.ts';
import { acceptedDurations, formatDuration, parseDuration } from './duration.ts';

/** What values a setting takes, and how people write them. */
export interface SettingType<Value> {
  /** For errors: `a whole number from 0 to 1024`. */
  readonly accepted: string;
  /** How its value is shown in `--help`: `<n>`. Undefined: a flag, which takes none. */
  readonly argument?: string;
  readonly isList?: boolean;
  /** What a number of the configuration file stands for. Default: itself. */
  readNumber?(value: number): unknown;
  /** What a text stands for; one that stands for nothing stays as it is, and is refused then. */
  read(text: string): unknown;
  /** What is wrong with a value, without the place; undefined where nothing is. */
  problem(value: unknown): string | undefined;
  /** As people write it. */
  write(value: Value): string;
}

export interface Setting<Value = unknown> {
  readonly type: SettingType<Value>;
  /** One line, for `--help` and the README. */
  readonly help: string;
  /** What it is where nobody says anything. */
  readonly default?: Value;
  /** The same in words, where it depends on other things. */
  readonly defaultText?: string;
  /** The same for `skein up`, where that is another: it runs for itself. */
  readonly defaultAtUp?: Value;
  /** It may be changed while the node runs, by `node.set` and `skein node set`. */
  readonly changes?: true;
  /** Given by a program only: it is no flag, no variable and no key of the file. */
  readonly isOptionOnly?: true;
  /** Of a flag that is on by default a person types the `--no-...`: the help for that. */
  readonly offHelp?: string;
  /** Its feature is given it as it is: the host does not know of it. */
  readonly isPassedOn?: true;
  /** Not shown in `--help`. */
  readonly isHidden?: true;
}

export type Settings = Readonly<Record<string, Setting>>;

/** The options of `createNode` that a table of settings makes. */
export type OptionsOf<Table extends Settings> = {
  readonly [Name in keyof Table]?: ValueOf<Table[Name]>;
};

export type ValueOf<Any> = Any extends Setting<infer Value> ? Value : never;

/** All values of a table, the defaults filled in: what has no default may be undefined. */
export type ValuesOf<Table extends Settings> = {
  readonly [Name in keyof Table]:
    | ValueOf<Table[Name]>
    | (Table[Name] extends { readonly default: unknown } ? never : undefined);
};

/** A setting that may change while the node runs. */
export interface Changeable<Value> extends Setting<Value> {
  readonly default: Value;
  readonly changes: true;
}

/** Its type alone says what its values are. */
type Row<Value> = Setting<NoInfer<Value>> & { readonly type: SettingType<Value> };

/** A row with its default, and one without. */
export function setting<Value>(
  row: Row<Value> & { readonly default: NoInfer<Value> },
): Setting<Value> & { readonly default: Value };
export function setting<Value>(row: Row<Value>): Setting<Value>;
export function setting<Value>(row: Row<Value>): Setting<Value> {
  return row;
}

export function changeable<Value>(row: Row<Value> & { readonly default: NoInfer<Value> }): Changeable<Value> {
  return { ...row, changes: true };
}

/** @throws TypeError `PLACE: what is wrong; what is accepted`. @param place Where the value was found. */
export function checkSetting<Value>({ type }: Setting<Value>, value: unknown, place: string): Value {
  const problem = type.problem(value);
  if (problem !== undefined) throw new TypeError(`${place}: ${problem}`);
  return value as Value;
}

/** `syncPeriodMs` is `syncPeriod` where people write it, with a unit: `10s`. */
export function wordOf(name: string): string {
  return name.replace(/Ms$/, '');
}

/** `syncPeriodMs` is `sync-period`. */
export function dashed(name: string): string {
  return wordOf(name).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function flagOf(name: string): string {
  return `--${dashed(name)}`;
}

export function variableOf(name: string): string {
  return `SKEIN_${dashed(name).replaceAll('-', '_').toUpperCase()}`;
}

// ── types of values ───────────────────────────────────────────────────────────────────────────────────

export function wholeNumber(minimum: number, maximum: number): SettingType<number> {
  const accepted = `a whole number from ${minimum} to ${maximum}`;
  return {
    accepted,
    argument: '<n>',
    read: (text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text),
    problem: (value) => notUnless(isWhole(value, minimum, maximum), value, accepted),
    write: String,
  };
}

/** In milliseconds where programs give it, with a unit where people write it. */
export function duration(minimumMs: number, maximumMs: number): SettingType<number> {
  const range = `from ${formatDuration(minimumMs)} to ${formatDuration(maximumMs)}`;
  /** What is out of range stays as it was written, for the error. */
  const read = (text: string): unknown => {
    const milliseconds = parseDuration(text);
    return isWhole(milliseconds, minimumMs, maximumMs) ? milliseconds : text;
  };
  return {
    accepted: `${acceptedDurations}, ${range}`,
    argument: '<duration>',
    readNumber: (seconds) => read(String(seconds)),
    read,
    problem(value) {
      if (isWhole(value, minimumMs, maximumMs)) return undefined;
      return typeof value === 'string'
        ? refused(value, `${acceptedDurations}, ${range}`)
        : refused(value, `a whole number of milliseconds from ${minimumMs} to ${maximumMs}`);
    },
    write: exactDuration,
  };
}

const byteUnits = { KiB: 1024, MiB: 1024 ** 2 } as const;

/** In bytes where programs give it, with a unit where people write it. */
export function byteCount(minimum: number, maximum: number): SettingType<number> {
  const accepted = `a number of bytes as 16MiB, 512KiB or 1000, from ${writeBytes(minimum)} to ${writeBytes(maximum)}`;
  return {
    accepted,
    argument: '<bytes>',
    /** What is out of range stays as it was written, for the error. */
    read(given) {
      const [, digits, unit] = /^(\d+)\s*(KiB|MiB|B)?$/.exec(given) ?? [];
      const bytes = Number(digits) * (byteUnits[unit as 'KiB' | 'MiB'] ?? 1);
      return isWhole(bytes, minimum, maximum) ? bytes : given;
    },
    problem: (value) => notUnless(isWhole(value, minimum, maximum), value, accepted),
    write: writeBytes,
  };
}

export function text(argument: string, accepted: string): SettingType<string> {
  return {
    accepted,
    argument,
    read: (given) => given,
    problem: (value) => notUnless(typeof value === 'string' && value !== '', value, accepted),
    write: String,
  };
}

/** Of a node, of a namespace. */
export const name: SettingType<string> = {
  ...text('<name>', '1 to 64 of A-Z a-z 0-9 . _ -'),
  problem: nameProblem,
};

export function oneOf<const Word extends string>(
  words: readonly Word[],
  argument: string,
): SettingType<Word> {
  const accepted = `one of ${words.join(', ')}`;
  return {
    accepted,
    argument,
    read: (given) => given,
    problem: (value) => notUnless(words.includes(value as Word), value, accepted),
    write: String,
  };
}

/** Texts; what each must be is looked at where they are used. */
export function list(
  argument: string,
  accepted: string,
  maximum: number,
  minimum = 0,
): SettingType<readonly string[]> {
  const all = `a list of ${minimum === 0 ? 'at most' : `${minimum} to`} ${maximum} ${accepted}`;
  return {
    accepted: all,
    argument,
    isList: true,
    read: (given) =>
      given
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    problem(value) {
      const isList = Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
      return notUnless(isList && value.length >= minimum && value.length <= maximum, value, all);
    },
    write: (value) => value.join(','),
  };
}

const flagWords = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

export const flag: SettingType<boolean> = {
  accepted: 'true or false',
  read: (given) => flagWords.get(given.toLowerCase()) ?? given,
  problem: (value) => notUnless(typeof value === 'boolean', value, 'true or false'),
  write: String,
};

/** What is on at a place of its own choice, off, or on at a path. */
export const flagOrPath: SettingType<boolean | string> = {
  accepted: 'a path, or true or false',
  argument: '[path]',
  read: (given) => flagWords.get(given.toLowerCase()) ?? given,
  problem(value) {
    const fits = typeof value === 'boolean' || (typeof value === 'string' && value !== '');
    return notUnless(fits, value, 'a path, or true or false');
  },
  write: String,
};

function isWhole(value: unknown, minimum: number, maximum: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
}

function notUnless(fits: boolean, value: unknown, accepted: string): string | undefined {
  return fits ? undefined : refused(value, accepted);
}

export function refused(value: unknown, accepted: string): string {
  return `expected ${accepted}, got ${shown(value)}`;
}

function writeBytes(bytes: number): string {
  const unit =
    bytes === 0 ? undefined : (['MiB', 'KiB'] as const).find((each) => bytes % byteUnits[each] === 0);
  return unit === undefined ? `${bytes}` : `${bytes / byteUnits[unit]}${unit}`;
}

/** Nothing is lost by rounding: what is written reads as the same again. */
function exactDuration(milliseconds: number): string {
  if (milliseconds % 1000 !== 0) return `${milliseconds}ms`;
  if (milliseconds % 60_000 !== 0 || milliseconds === 0) return `${milliseconds / 1000}s`;
  return milliseconds % 3_600_000 === 0 ? `${milliseconds / 3_600_000}h` : `${milliseconds / 60_000}m`;
}
