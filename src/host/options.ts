/**
 * Checks the options of a node and fills in the defaults.
 *
 * Who calls it: create-node, before anything is opened. Invariant: every option is looked at, an unknown
 * one included, and an error names the place it was found at, what was given and what is accepted.
 */

import { isIP } from 'node:net';
import { doors } from '../doors/index.ts';
import { features as ownFeatures } from '../features/index.ts';
import { SkeinError } from '../kernel/errors.ts';
import { shown } from '../kit/arguments.ts';
import { checkFeatures } from '../kit/check-features.ts';
import type { AnyFeature } from '../kit/feature.ts';
import { refused } from '../kit/setting.ts';
import type { Logger, NodeOptions } from '../node/node.ts';
import {
  type CheckedSettings,
  changeableOf,
  checkGiven,
  type GivenSettings,
  givenOptions,
  type NodeSettings,
  passedOn,
  type SettingName,
  type SettingValues,
  settingNames,
  unknownText,
} from '../node/settings.ts';
import { formatAddress, type HostPort, parseAddress } from './addresses.ts';
import type { PlannedDoor } from './door.ts';
import { type FoundKeys, findKeys } from './keys/key-source.ts';
import { hostLimits } from './limits.ts';
import { packageVersion } from './package-version.ts';
import { requireLoopback } from './protected-mode.ts';

/** What to open; names in addresses are not yet resolved. */
export interface NodePlan {
  /** Undefined: the host name, with a suffix if it is taken. */
  readonly name: string | undefined;
  readonly namespace: string;
  readonly degree: number;
  readonly listen: HostPort;
  /** Undefined: what is listened on. Port 0 stands for the port listened on. */
  readonly advertise: readonly HostPort[] | undefined;
  readonly seeds: readonly string[];
  /** What each door is to be opened with; those whose option was not given are left out. */
  readonly doors: readonly PlannedDoor[];
  readonly discovery: DiscoveryPlan;
  readonly changeable: NodeSettings;
  readonly stallToleranceMs: number;
  /** What features are given as it is. */
  readonly forFeatures: object;
  /** Undefined: no key. */
  readonly keys: FoundKeys | undefined;
  /** Other addresses than loopback are allowed: there is a key, or the user says so. */
  readonly isOpen: boolean;
  readonly version: string;
  readonly control: SettingValues['control'];
  readonly store: SettingValues['store'];
  /** Undefined: in the state folder, by the name of the node. */
  readonly identity: SettingValues['identity'];
  readonly behaviors: NodeOptions['behaviors'];
  readonly features: readonly AnyFeature[];
  readonly logger: Logger | undefined;
}

interface DiscoveryPlan {
  readonly udp: boolean;
  readonly port: number;
  /** `host:port`; undefined: those of the interfaces listened on. */
  readonly broadcast: readonly string[] | undefined;
  /** Look for others in the runtime folder and be found there. */
  readonly byFolder: boolean;
  /** Undefined: the user's. */
  readonly folder: string | undefined;
}

const programNames: readonly (keyof NodeOptions)[] = ['key', 'behaviors', 'features', 'logger'];
const optionNames: readonly string[] = [...settingNames, ...programNames];

/** What a node is made of: settings from wherever they came, and what only a program gives. */
export interface NodeRequest {
  readonly settings: GivenSettings;
  readonly program: Omit<NodeOptions, SettingName>;
}

/** @throws TypeError for what is no object, and for an option that there is not. */
export function requestOf(options: NodeOptions): NodeRequest {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`options: ${refused(options, 'an object')}`);
  for (const name of Object.keys(options))
    if (!optionNames.includes(name))
      throw new TypeError(`options: ${unknownText('option', name, optionNames)}`);
  return { settings: givenOptions(options), program: options };
}

/**
 * @throws TypeError for values of the wrong kind; SkeinError SKEIN_ADDRESS for addresses;
 * SkeinError SKEIN_KEY for keys; SKEIN_PROTECTED for addresses that leave this machine without a key.
 */
export function planOf({ settings, program }: NodeRequest): NodePlan {
  const checked = checkGiven(settings);
  const { values, placeOf } = checked;
  const keys = keysOption(checked, program.key);
  const isOpen = keys !== undefined || values.insecure;
  return {
    name: values.name,
    namespace: values.namespace,
    degree: values.degree,
    listen: parseAddress(values.listen ?? (keys === undefined ? '127.0.0.1:0' : ':0'), placeOf('listen')),
    advertise: advertised(checked, isOpen),
    seeds: seedsOf(checked, isOpen),
    doors: openedDoors(checked, isOpen),
    discovery: discoveryPlan(checked, isOpen),
    changeable: changeableOf(values),
    stallToleranceMs: values.stallToleranceMs,
    forFeatures: passedOn(values),
    keys,
    isOpen,
    version: values.version ?? packageVersion(),
    control: values.control,
    store: values.store,
    identity: values.identity,
    behaviors: behaviorsOption(program.behaviors),
    features: featuresOption(program.features),
    logger: loggerOption(program.logger),
  };
}

/** `insecure` means without a key, whatever the user has. */
function keysOption({ values, placeOf }: CheckedSettings, given: unknown): FoundKeys | undefined {
  const { insecure, keyFile } = values;
  const key = keyTexts(given);
  if (insecure && (Array.isArray(key) || keyFile !== undefined))
    throw new TypeError(
      `${placeOf('insecure')}: goes without a key, and one is given (${keyFile === undefined ? 'key' : placeOf('keyFile')}); leave out one of them`,
    );
  if (key !== undefined && keyFile !== undefined)
    throw new TypeError(`${placeOf('keyFile')}: there is a key already; give one of key and keyFile`);
  return insecure ? undefined : findKeys({ key, keyFile });
}

/** A key never appears in an error. */
function keyTexts(value: unknown): readonly string[] | false | undefined {
  if (value === undefined || value === false) return value;
  const list = typeof value === 'string' ? [value] : value;
  const good = Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === 'string');
  if (!good || list.length > hostLimits.keysMax)
    throw new TypeError(`key: give a key as text, a list of 1 to ${hostLimits.keysMax} of them, or false`);
  return list;
}

/** Looked at here, so that nothing is open yet when they do not fit. */
function featuresOption(value: unknown): readonly AnyFeature[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError(`features is a list of features, got ${shown(value)}`);
  checkFeatures([...ownFeatures, ...(value as AnyFeature[])]);
  return value as AnyFeature[];
}

function behaviorsOption(value: unknown): NodeOptions['behaviors'] {
  if (value === undefined || typeof value === 'function') return value as NodeOptions['behaviors'];
  throw new TypeError(`behaviors is a function that makes behaviors, got ${typeof value}`);
}

function advertised({ values, placeOf }: CheckedSettings, isOpen: boolean): HostPort[] | undefined {
  const place = placeOf('advertise');
  return values.advertise?.map((address) => {
    const parsed = parseAddress(address, place);
    if (parsed.host === '') {
      throw new SkeinError(
        'SKEIN_ADDRESS',
        `${place}: "${address}" has no host for others to dial; write host:port`,
      );
    }
    if (!isOpen && parsed.host !== 'localhost') requireLoopback(`${place}: ${address}`, parsed.host);
    return parsed;
  });
}

function seedsOf({ values, placeOf }: CheckedSettings, isOpen: boolean): string[] {
  const place = placeOf('connect');
  return (values.connect ?? []).map((address) => {
    const { host, port } = parseAddress(address, place);
    if (port === 0)
      throw new SkeinError('SKEIN_ADDRESS', `${place}: "${address}" has port 0, where nobody can listen`);
    // A name is looked at when it is dialed, since what it stands for may change.
    if (!isOpen && isIP(host) !== 0) requireLoopback(`${place}: ${address}`, host);
    return formatAddress(host === '' ? '127.0.0.1' : host, port);
  });
}

function openedDoors(checked: CheckedSettings, isOpen: boolean): PlannedDoor[] {
  return doors.flatMap((door) => {
    const plan = door.plan(checked, isOpen);
    return plan === undefined ? [] : [{ door, plan }];
  });
}

function discoveryPlan(checked: CheckedSettings, isOpen: boolean): DiscoveryPlan {
  const { discovery, udp, discoveryPort: port, folder } = checked.values;
  return {
    udp: discovery && udp,
    port,
    broadcast: broadcastAddresses(checked, isOpen),
    byFolder: discovery && folder !== false,
    folder: typeof folder === 'string' ? folder : undefined,
  };
}

function broadcastAddresses({ values, placeOf }: CheckedSettings, isOpen: boolean): string[] | undefined {
  const place = placeOf('broadcast');
  return values.broadcast?.map((address) => {
    const whole = /:\d+$/.test(address) ? address : formatAddress(address, values.discoveryPort);
    const parsed = parseAddress(whole, place);
    if (isIP(parsed.host) === 0) {
      throw new SkeinError('SKEIN_ADDRESS', `${place}: "${address}" is not an IP address such as 10.0.0.255`);
    }
    if (!isOpen) requireLoopback(`${place}: ${address}`, parsed.host);
    return whole;
  });
}

function loggerOption(value: unknown): Logger | undefined {
  if (value === undefined) return undefined;
  const methods = ['debug', 'info', 'warn', 'error'];
  const logger = value as Record<string, unknown> | null;
  if (
    logger !== null &&
    typeof logger === 'object' &&
    methods.every((one) => typeof logger[one] === 'function')
  ) {
    return value as Logger;
  }
  throw new TypeError(`logger: ${refused(value, 'an object with the methods debug, info, warn and error')}`);
}
