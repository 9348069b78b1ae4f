/**
 * The settings of `skein up`: one schema for flags, variables, the configuration file and the defaults.
 *
 * Called by the command line, which gathers the values. Invariant: an error names the source a value came
 * from (`--degree`, `SKEIN_DEGREE`, the file), what is wrong and what is accepted.
 */
import * as v from 'valibot';
import { topologyLimits } from '../features/topology/core/limits.ts';
import { featureFields, featureOptions } from '../features/up.ts';
import { SkeinError } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { acceptedDurations, parseDuration } from '../kit/duration.ts';
import { address, flag, listOf, nodeName, oneOf, show, wholeNumber } from '../kit/fields.ts';
import type { NodeOptions } from './node.ts';
import { settingFields } from './remote.ts';

const addressesMax = 256;

/** Text or a number of seconds, within `minimum` and `maximum` milliseconds. */
function duration(minimum: number, maximum: number) {
  return v.pipe(
    v.union([v.string(), v.number()], (issue) => `expected ${acceptedDurations}, got ${show(issue.input)}`),
    v.rawTransform<string | number, number>(({ dataset, addIssue, NEVER }) => {
      const milliseconds = parseDuration(String(dataset.value));
      if (milliseconds !== undefined && milliseconds >= minimum && milliseconds <= maximum)
        return milliseconds;
      const range = milliseconds === undefined ? '' : ` from ${minimum}ms to ${maximum}ms`;
      addIssue({ message: `expected ${acceptedDurations}${range}, got ${show(dataset.value)}` });
      return NEVER;
    }),
  );
}

const broadcastTarget = v.string((issue) => `expected ADDRESS or ADDRESS:PORT, got ${show(issue.input)}`);
const path = v.pipe(
  v.string((issue) => `expected a path, got ${show(issue.input)}`),
  v.minLength(1, 'expected a path'),
);

const upSettings = v.strictObject({
  name: v.exactOptional(nodeName),
  namespace: v.exactOptional(nodeName),
  degree: v.exactOptional(settingFields.degree),
  listen: v.exactOptional(address),
  advertise: v.exactOptional(listOf(address, 'HOST:PORT', limits.addressesPerRecordMax)),
  connect: v.exactOptional(listOf(address, 'HOST:PORT', addressesMax)),
  discoveryPort: v.exactOptional(wholeNumber(1, 65_535)),
  broadcast: v.exactOptional(listOf(broadcastTarget, 'addresses', addressesMax)),
  syncPeriod: v.exactOptional(duration(topologyLimits.syncPeriodMsMin, topologyLimits.syncPeriodMsMax)),
  control: v.exactOptional(path),
  keyFile: v.exactOptional(path),
  insecure: v.exactOptional(flag),
  discovery: v.exactOptional(flag),
  folder: v.exactOptional(flag),
  logLevel: v.exactOptional(oneOf(['debug', 'info', 'warn', 'error', 'silent'])),
  logFormat: v.exactOptional(oneOf(['text', 'json'])),
  ...featureFields,
});

export type UpSettings = v.InferOutput<typeof upSettings>;
type UpSettingName = keyof UpSettings;
export type LogThreshold = NonNullable<UpSettings['logLevel']>;
export type LogFormat = NonNullable<UpSettings['logFormat']>;

export interface GivenSetting {
  readonly value: unknown;
  /** For the error: `--degree`, `SKEIN_DEGREE`, `/home/a/.config/skein/config.json: degree`. */
  readonly source: string;
}

/** @throws SkeinError SKEIN_INVALID in one line. */
export function checkUpSettings(given: ReadonlyMap<string, GivenSetting>): UpSettings {
  const checked: Record<string, unknown> = {};
  for (const [name, { value, source }] of given) {
    if (!Object.hasOwn(upSettings.entries, name)) {
      const accepted = Object.keys(upSettings.entries).join(', ');
      throw new SkeinError('SKEIN_INVALID', `${source}: unknown setting; accepted are ${accepted}`);
    }
    const result = v.safeParse(upSettings.entries[name as UpSettingName], value, { abortEarly: true });
    if (!result.success) throw new SkeinError('SKEIN_INVALID', `${source}: ${result.issues[0].message}`);
    checked[name] = result.output;
  }
  return checked as UpSettings;
}

/** The library's options that mean the same. @throws SkeinError SKEIN_INVALID for settings that make no sense together. */
export function nodeOptionsOf(settings: UpSettings): NodeOptions {
  const { discoveryPort, broadcast, discovery, folder, logLevel, logFormat, ...others } = settings;
  const { syncPeriod, control, ...rest } = others;
  const same = Object.fromEntries(Object.entries(rest).filter(([name]) => !(name in featureFields)));
  return {
    ...same,
    ...(syncPeriod === undefined ? {} : { syncPeriodMs: syncPeriod }),
    ...featureOptions(settings),
    discovery: discovery !== false && {
      ...(discoveryPort === undefined ? {} : { port: discoveryPort }),
      ...(broadcast === undefined ? {} : { broadcast }),
      ...(folder === false ? { folder: false as const } : {}),
    },
  };
}
