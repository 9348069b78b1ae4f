import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeOptionsOf } from '../node/up-settings.ts';
import { defaultConfigPath, gatherSettings, settingTexts, variableOf } from './settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function gather(sources: {
  flags?: Record<string, unknown>;
  environment?: Record<string, string>;
  file?: unknown;
}) {
  const config = join(folder, 'config.json');
  if (sources.file !== undefined) {
    writeFileSync(config, typeof sources.file === 'string' ? sources.file : JSON.stringify(sources.file));
  }
  return gatherSettings({
    flags: sources.flags ?? {},
    environment: { XDG_CONFIG_HOME: folder, ...sources.environment },
    config: sources.file === undefined ? undefined : config,
  });
}

test('a flag beats a variable, a variable beats the file', () => {
  const settings = gather({
    flags: { name: 'flag' },
    environment: { SKEIN_NAME: 'variable', SKEIN_NAMESPACE: 'variable' },
    file: { name: 'file', namespace: 'file', degree: 5 },
  });
  expect(settings).toEqual({ name: 'flag', namespace: 'variable', degree: 5 });
});

test('text becomes what the setting is', () => {
  const environment = {
    SKEIN_DEGREE: '4',
    SKEIN_CONNECT: 'a:1, b:2',
    SKEIN_SYNC_PERIOD: '500ms',
    SKEIN_INSECURE: 'yes',
    SKEIN_DISCOVERY: 'false',
    SKEIN_NAME: '',
  };
  expect(gather({ environment })).toEqual({
    degree: 4,
    connect: ['a:1', 'b:2'],
    syncPeriod: 500,
    insecure: true,
    discovery: false,
  });
});

test('a list is a repeated flag, a comma list, or both', () => {
  expect(gather({ flags: { connect: ['a:1,b:2', 'c:3'] } })).toEqual({ connect: ['a:1', 'b:2', 'c:3'] });
});

test('every setting has a variable', () => {
  expect(settingTexts.map(({ name }) => variableOf(name))).toContain('SKEIN_DISCOVERY_PORT');
});

test('the configuration file is in the user folder unless said otherwise', () => {
  expect(defaultConfigPath({ XDG_CONFIG_HOME: '/x' })).toBe('/x/skein/config.json');
  expect(defaultConfigPath({})).toMatch(/\.config\/skein\/config\.json$/);
});

describe('an error names its source, what is wrong and what is accepted', () => {
  test.each<[string, Parameters<typeof gather>[0], RegExp]>([
    [
      'a flag',
      { flags: { degree: 'many' } },
      /^--degree: expected a whole number from 0 to 1024.*got "many"$/,
    ],
    ['a variable', { environment: { SKEIN_LISTEN: 'x' } }, /^SKEIN_LISTEN: an address is HOST:PORT/],
    ['a word', { environment: { SKEIN_INSECURE: 'maybe' } }, /^SKEIN_INSECURE: expected true or false/],
    [
      'a key of the file',
      { file: { degre: 3 } },
      /config\.json: degre: unknown setting; accepted are name, /,
    ],
    ['a value of the file', { file: { degree: '3' } }, /config\.json: degree: expected a whole number/],
    ['a file that is not JSON', { file: '{' }, /config\.json is not JSON/],
    ['a file that is no object', { file: '[]' }, /config\.json holds one JSON object/],
    ['a duration', { flags: { syncPeriod: 'soon' } }, /^--sync-period: expected a duration such as/],
    ['a duration out of range', { flags: { syncPeriod: '1ms' } }, /from 100ms to 3600000ms, got "1ms"$/],
    ['a level', { flags: { logLevel: 'loud' } }, /^--log-level: expected one of debug, info/],
  ])('%s', (_what, sources, line) => {
    expect(() => gather(sources)).toThrow(line);
  });

  test('a file that was named but is not there', () => {
    const sources = { flags: {}, environment: {}, config: join(folder, 'none.json') };
    expect(() => gatherSettings(sources)).toThrow(/cannot be read \(ENOENT\): name one with --config/);
  });
});

test('the library gets options of the same meaning', () => {
  const settings = gather({ flags: { name: 'a', syncPeriod: '5s', discoveryPort: '7001', folder: false } });
  expect(nodeOptionsOf(settings)).toEqual({
    name: 'a',
    syncPeriodMs: 5000,
    discovery: { port: 7001, folder: false },
  });
  expect(nodeOptionsOf(gather({ flags: { discovery: false } })).discovery).toBe(false);
});
