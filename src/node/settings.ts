/**
 * The table of a node's settings: its own rows, and those of its features.
 *
 * From it come the options of `createNode`, their checks and defaults, the flags, variables and keys of `skein up`,
 * `node.set`, `skein config show` and the README's table. Invariant: what is checked here fits, wherever it came from;
 * what is wrong is said with the place, the value and what is accepted.
 */
import { closest, distance } from 'fastest-levenshtein';
import { featureSettings } from '../features/settings.ts';
import { limits } from '../kernel/limits.ts';
import type { AllOf } from '../kit/feature.ts';
import {
  type Changeable,
  checkSetting,
  duration,
  flag,
  list,
  name,
  type OptionsOf,
  refused,
  type Setting,
  type SettingType,
  setting,
  text,
  type ValuesOf,
} from '../kit/setting.ts';

/** As the path of the store: the node keeps nothing, also as the broker. */
export const noStore = 'none';

const seedsMax = 256;
const versionCharactersMax = 64;

/** True: at NAME.sock in the runtime folder. */
const controlSocket: SettingType<boolean | { readonly path?: string }> = {
  accepted: 'true, false or { path: PATH_OF_A_SOCKET }',
  argument: '<path>',
  read: (path) => ({ path }),
  problem(value) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const fits =
      typeof value === 'boolean' ||
      (isObject && Object.entries(value).every(([key, path]) => key === 'path' && isText(path)));
    return fits ? undefined : refused(value, controlSocket.accepted);
  },
  write: (value) => (typeof value === 'object' ? (value.path ?? 'true') : String(value)),
};

const printableText: SettingType<string> = {
  ...text('<text>', `1 to ${versionCharactersMax} printable ASCII characters`),
  problem(value) {
    const fits = isText(value) && value.length <= versionCharactersMax && /^[\x20-\x7e]+$/.test(value);
    return fits ? undefined : refused(value, printableText.accepted);
  },
};

const ownSettings = {
  /** Unique in the mesh. Default: the host name, with a suffix if it is taken. A name given here and in use is refused. */
  name: setting({ type: name, help: 'unique in the mesh', defaultText: 'the host name' }),
  /** Only nodes of one namespace answer each other's solicitations. Default `default`. */
  namespace: setting({
    type: name,
    default: 'default',
    help: 'only nodes of one namespace find each other',
  }),
  /** `host:port`; port 0 picks one. Default: `:0` with a key, `127.0.0.1:0` without one. */
  listen: setting({
    type: text('<host:port>', 'HOST:PORT'),
    help: 'where others link to this node; port 0 picks one',
    defaultText: ':0 with a key, 127.0.0.1:0 without',
  }),
  /** Addresses told to others instead of those listened on, `host:port` each; port 0 stands for the port listened on. */
  advertise: setting({
    type: list('<host:port...>', 'addresses, HOST:PORT each', limits.addressesPerRecordMax),
    help: 'addresses told to others',
    defaultText: 'those listened on',
  }),
  /** Nodes to link to beside those that are found, `host:port` each; names are looked up again at each try. Default: none. */
  connect: setting({
    type: list('<host:port...>', 'addresses, HOST:PORT each', seedsMax),
    help: 'nodes to link to, beside those found',
    defaultText: 'none',
  }),
  /** How long this program's event loop may stop without being thought dead, in milliseconds. Default 3,000. */
  stallToleranceMs: setting({
    type: duration(limits.stallToleranceMs, limits.stallToleranceMsMax),
    default: limits.stallToleranceMs as number,
    help: 'how long this program may stand still without being thought dead',
  }),
  /** A file of mesh keys, as `skein key` writes it; read again when it changes. Default: SKEIN_KEY, else the user's. */
  keyFile: setting({
    type: text('<path>', 'a path'),
    help: 'mesh keys',
    defaultText: 'SKEIN_KEY, else $XDG_CONFIG_HOME/skein/keys',
  }),
  /** Go without a key, on other addresses than loopback too: everybody can join, and read and change all. Default false. */
  insecure: setting({
    type: flag,
    default: false,
    help: 'go without a key, also beyond loopback: everybody can join',
  }),
  /**
   * A control socket, so that the command line and `attach()` of this user reach this node: at NAME.sock in the runtime
   * folder, or at a path of at most 103 bytes. It goes with the node. Default false (`serve(node)` opens one later);
   * `skein up`: true.
   */
  control: setting({
    type: controlSocket,
    default: false,
    defaultAtUp: true,
    help: 'path of the control socket',
    defaultText: 'in the runtime folder',
  }),
  /**
   * The file in which the swarm is kept while this node is its broker, opened when somebody first uses the swarm; `none`:
   * this node keeps nothing. Default: `$XDG_STATE_HOME/skein/NAMESPACE/swarm.sqlite`.
   */
  store: setting({
    type: text('<path>', 'a path, or none'),
    help: 'file of the swarm while this node is its broker; none: keep nothing',
    defaultText: '$XDG_STATE_HOME/skein/NAMESPACE/swarm.sqlite',
  }),
  /**
   * The file of this node's identity, made when the node first uses the swarm: the durable key that the swarm pins the
   * node's name to. Default: `$XDG_STATE_HOME/skein/NAMESPACE/NAME.identity`.
   */
  identity: setting({
    type: text('<path>', 'a path'),
    help: 'file of the durable key to which the swarm pins the name',
    defaultText: '$XDG_STATE_HOME/skein/NAMESPACE/NAME.identity',
  }),
  /** Text compared with the neighbors'; a difference only warns. Default: skein's version. */
  version: setting({
    type: printableText,
    help: "compared with the neighbors'; a difference only warns",
    defaultText: "skein's version",
    isOptionOnly: true,
  }),
};

type FeatureTables = AllOf<(typeof featureSettings)[keyof typeof featureSettings]>;
type Table = typeof ownSettings & FeatureTables;

export type SettingName = keyof Table & string;

/** What the table adds to the options of `createNode`. */
export interface SettingOptions extends OptionsOf<typeof ownSettings>, OptionsOf<FeatureTables> {}

/** All of them, the defaults filled in. */
export type SettingValues = ValuesOf<Table>;

type ChangeableName = {
  [Name in SettingName]: Table[Name] extends Changeable<infer _Value> ? Name : never;
}[SettingName];

/** What may change while a node runs. */
export interface NodeSettings extends Required<Pick<SettingOptions, ChangeableName>> {}

/** By name, in the order in which people see them. */
export const settings = Object.assign({}, ownSettings, ...Object.values(featureSettings)) as Table &
  Readonly<Record<string, Setting>>;

export const settingNames = Object.keys(settings) as readonly SettingName[];

export const changeableNames = settingNames.filter(
  (each) => (settings[each] as Setting).changes === true,
) as readonly ChangeableName[];

/** What may change while a node runs, as it is at its start. Default: of each its default. */
export function changeableOf(values: Partial<SettingValues> = {}): NodeSettings {
  const all = changeableNames.map((each) => [each, values[each] ?? settings[each].default]);
  return Object.fromEntries(all) as unknown as NodeSettings;
}

/** Those that features are given as they are. */
export function passedOn(values: SettingValues): object {
  const isPassedOn = ([each]: [string, unknown]): boolean => settings[each]?.isPassedOn === true;
  return Object.fromEntries(Object.entries(values).filter(isPassedOn));
}

/** The feature that a setting is of; undefined: the node itself. */
export function featureOf(setting: SettingName): string | undefined {
  return Object.entries(featureSettings).find(([, table]) => setting in table)?.[0];
}

export interface GivenSetting {
  readonly value: unknown;
  /** Where it was found, for errors: `degree`, `--degree`, `SKEIN_DEGREE`, `/home/a/.config/skein/config.json: degree`. */
  readonly place: string;
}

/** What somebody gave, by name. */
export type GivenSettings = ReadonlyMap<SettingName, GivenSetting>;

export interface CheckedSettings {
  readonly values: SettingValues;
  /** For errors about how settings go together. */
  placeOf(setting: SettingName): string;
}

/** @throws TypeError for the first value that does not fit: the place, the value, what is accepted. */
export function checkGiven(given: GivenSettings): CheckedSettings {
  const values = settingNames.map((each) => {
    const row: Setting = settings[each];
    const found = given.get(each);
    return [each, found === undefined ? row.default : checkSetting(row, found.value, found.place)];
  });
  return {
    values: Object.fromEntries(values) as SettingValues,
    placeOf: (each) => given.get(each)?.place ?? each,
  };
}

/** The options of a program that are settings. A value that is undefined counts as not given. */
export function givenOptions(options: SettingOptions): GivenSettings {
  const named = settingNames.map((each) => [each, options[each]] as const);
  return new Map(
    named.filter(([, value]) => value !== undefined).map(([each, value]) => [each, { value, place: each }]),
  );
}

/** @throws TypeError that names the setting, the value and what is accepted. */
export function checkChanges(changes: Partial<NodeSettings>): void {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes))
    throw new TypeError(`set: ${refused(changes, 'an object of settings')}`);
  for (const [each, value] of Object.entries(changes)) {
    if (!changeableNames.includes(each as ChangeableName))
      throw new TypeError(`set: ${unchangeable(each, each in settings, changeableNames)}`);
    if (value !== undefined) checkSetting(settings[each] as Setting, value, `set: ${each}`);
  }
}

/** @param isSetting It is one, but not one that changes. */
export function unchangeable(given: string, isSetting: boolean, accepted: readonly string[]): string {
  return isSetting
    ? `${given} does not change while a node runs: restart it; what may change is ${accepted.join(', ')}`
    : unknownText('setting', given, accepted);
}

/** `unknown setting "degre": did you mean degree?`, or with all that are accepted. */
export function unknownText(what: string, given: string, accepted: readonly string[]): string {
  const near = closest(given, accepted);
  const isNear = distance(given.toLowerCase(), near.toLowerCase()) <= Math.max(2, given.length / 3);
  const hint = isNear ? `did you mean ${near}?` : `accepted are ${accepted.join(', ')}`;
  return `unknown ${what} "${given.slice(0, 80)}": ${hint}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
