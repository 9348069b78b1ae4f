/**
 * Checks the options of a node and fills in the defaults.
 *
 * Who calls it: create-node, before anything is opened. Invariant: every option is looked at, an unknown
 * one included, and an error names the option, what was given and what is accepted.
 */

import { isIP } from 'node:net';
import { doors } from '../doors/index.ts';
import { features as ownFeatures } from '../features/index.ts';
import { messagingLimits } from '../features/messaging/core/limits.ts';
import { topologyLimits } from '../features/topology/core/limits.ts';
import { SkeinError } from '../kernel/errors.ts';
import { nameProblem } from '../kernel/identity.ts';
import { limits } from '../kernel/limits.ts';
import { shown } from '../kit/arguments.ts';
import { checkFeatures } from '../kit/check-features.ts';
import type { AnyFeature } from '../kit/feature.ts';
import type { Logger, NodeOptions } from '../node/node.ts';
import { formatAddress, type HostPort, parseAddress } from './addresses.ts';
import type { PlannedDoor } from './door.ts';
import { type FoundKeys, findKeys } from './keys/key-source.ts';
import { hostLimits } from './limits.ts';
import { flag, type Given, integer, record, text, texts, wrong } from './option-values.ts';
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
  /** Undefined: in none. */
  /** What each door is to be opened with; those whose option was not given are left out. */
  readonly doors: readonly PlannedDoor[];
  readonly discovery: DiscoveryPlan;
  readonly syncPeriodMs: number;
  readonly sendTimeoutMs: number;
  readonly stallToleranceMs: number;
  /** Undefined: no key. */
  readonly keys: FoundKeys | undefined;
  /** Other addresses than loopback are allowed: there is a key, or the user says so. */
  readonly isOpen: boolean;
  readonly version: string;
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

const nodeOptionNames: readonly (keyof NodeOptions)[] = [
  'name',
  'namespace',
  'degree',
  'listen',
  'advertise',
  'connect',
  'discovery',
  'syncPeriodMs',
  'sendTimeoutMs',
  'stallToleranceMs',
  'key',
  'keyFile',
  'insecure',
  'version',
  'behaviors',
  'features',
  'logger',
  // Of whoever serves the node: `remote/create-node.ts`.
  'control',
];
const optionNames: ReadonlySet<string> = new Set([...nodeOptionNames, ...doors.map(({ option }) => option)]);
const discoveryNames: ReadonlySet<string> = new Set(['port', 'broadcast', 'udp', 'folder']);
const seedsMax = 256;
const timeoutMsMax = 86_400_000;
const versionCharactersMax = 64;

/**
 * @throws TypeError for values of the wrong kind; SkeinError SKEIN_ADDRESS for addresses;
 * SkeinError SKEIN_KEY for keys; SKEIN_PROTECTED for addresses that leave this machine without a key.
 */
export function checkOptions(options: NodeOptions): NodePlan {
  const given = record('options', options, optionNames);
  const keys = keysOption(given);
  const isOpen = keys !== undefined || given.insecure === true;
  const { syncPeriodMsMin, syncPeriodMsMax } = topologyLimits;
  const { stallToleranceMs, stallToleranceMsMax } = limits;
  return {
    name: given.name === undefined ? undefined : nameOption(given, 'name', ''),
    namespace: nameOption(given, 'namespace', 'default'),
    degree: integer(given, 'degree', 3, 0, limits.linksMax),
    listen: parseAddress(text(given, 'listen', keys === undefined ? '127.0.0.1:0' : ':0'), 'listen'),
    advertise: advertiseOption(given, isOpen),
    seeds: seedsOption(given, isOpen),
    doors: openedDoors(given, isOpen),
    discovery: discoveryOption(given.discovery, isOpen),
    syncPeriodMs: integer(
      given,
      'syncPeriodMs',
      topologyLimits.syncPeriodMs,
      syncPeriodMsMin,
      syncPeriodMsMax,
    ),
    sendTimeoutMs: integer(given, 'sendTimeoutMs', messagingLimits.sendTimeoutMs, 1, timeoutMsMax),
    stallToleranceMs: integer(
      given,
      'stallToleranceMs',
      stallToleranceMs,
      stallToleranceMs,
      stallToleranceMsMax,
    ),
    keys,
    isOpen,
    version: versionOption(given),
    behaviors: behaviorsOption(given.behaviors),
    features: featuresOption(given.features),
    logger: loggerOption(given.logger),
  };
}

/** `insecure` means without a key, whatever the user has. */
function keysOption(given: Given): FoundKeys | undefined {
  const insecure = flag(given, 'insecure', false);
  const keyFile = given.keyFile === undefined ? undefined : text(given, 'keyFile', '');
  const key = keyTexts(given.key);
  if (insecure && (Array.isArray(key) || keyFile !== undefined))
    throw new TypeError('insecure: goes without a key, and one is given; leave out one of them');
  if (key !== undefined && keyFile !== undefined)
    throw new TypeError('keyFile: there is a key already; give one of key and keyFile');
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

function advertiseOption(given: Given, isOpen: boolean): HostPort[] | undefined {
  if (given.advertise === undefined) return undefined;
  const addresses = texts(given, 'advertise', limits.addressesPerRecordMax);
  return addresses.map((address) => {
    const parsed = parseAddress(address, 'advertise');
    if (parsed.host === '') {
      throw new SkeinError(
        'SKEIN_ADDRESS',
        `advertise: "${address}" has no host for others to dial; write host:port`,
      );
    }
    if (!isOpen && parsed.host !== 'localhost') requireLoopback(`advertise: ${address}`, parsed.host);
    return parsed;
  });
}

function seedsOption(given: Given, isOpen: boolean): string[] {
  if (given.connect === undefined) return [];
  return texts(given, 'connect', seedsMax).map((address) => {
    const { host, port } = parseAddress(address, 'connect');
    if (port === 0)
      throw new SkeinError('SKEIN_ADDRESS', `connect: "${address}" has port 0, where nobody can listen`);
    // A name is looked at when it is dialed, since what it stands for may change.
    if (!isOpen && isIP(host) !== 0) requireLoopback(`connect: ${address}`, host);
    return formatAddress(host === '' ? '127.0.0.1' : host, port);
  });
}

function openedDoors(given: Given, isOpen: boolean): PlannedDoor[] {
  return doors.flatMap((door) => {
    const plan = door.check(given[door.option], isOpen);
    return plan === undefined ? [] : [{ door, plan }];
  });
}

function discoveryOption(value: unknown, isOpen: boolean): DiscoveryPlan {
  const on = value === undefined || value === true;
  if (on || value === false) {
    return { udp: on, port: hostLimits.discoveryPort, broadcast: undefined, byFolder: on, folder: undefined };
  }
  const given = record('discovery', value, discoveryNames, ', or true or false');
  const port = integer(given, 'port', hostLimits.discoveryPort, 1, 65535, 'discovery.port');
  return {
    udp: flag(given, 'udp', true, 'discovery.udp'),
    port,
    broadcast: broadcastOption(given, port, isOpen),
    byFolder: given.folder !== false,
    folder: given.folder === false ? undefined : folderOption(given.folder),
  };
}

function broadcastOption(given: Given, port: number, isOpen: boolean): string[] | undefined {
  const option = 'discovery.broadcast';
  if (given.broadcast === undefined) return undefined;
  return texts(given, 'broadcast', hostLimits.broadcastTargetsMax, option).map((address) => {
    const whole = /:\d+$/.test(address) ? address : formatAddress(address, port);
    const parsed = parseAddress(whole, option);
    if (isIP(parsed.host) === 0) {
      throw new SkeinError(
        'SKEIN_ADDRESS',
        `${option}: "${address}" is not an IP address such as 10.0.0.255`,
      );
    }
    if (!isOpen) requireLoopback(`${option}: ${address}`, parsed.host);
    return whole;
  });
}

function folderOption(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw wrong('discovery.folder', value, 'the path of a folder, or false');
}

function versionOption(given: Given): string {
  if (given.version === undefined) return packageVersion();
  const version = text(given, 'version', '');
  if (version.length > 0 && version.length <= versionCharactersMax && /^[\x20-\x7e]+$/.test(version))
    return version;
  throw wrong('version', version, `1 to ${versionCharactersMax} printable ASCII characters`);
}

function loggerOption(value: unknown): Logger | undefined {
  if (value === undefined) return undefined;
  const methods = ['debug', 'info', 'warn', 'error'];
  const logger = value as Given | null;
  if (
    logger !== null &&
    typeof logger === 'object' &&
    methods.every((one) => typeof logger[one] === 'function')
  ) {
    return value as Logger;
  }
  throw wrong('logger', value, 'an object with the methods debug, info, warn and error');
}

function nameOption(given: Given, option: string, otherwise: string): string {
  const value = given[option] ?? otherwise;
  const problem = nameProblem(value);
  if (problem !== undefined) throw new TypeError(`${option}: ${problem}`);
  return value as string;
}
