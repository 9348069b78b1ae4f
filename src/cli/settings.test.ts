import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planOf, requestOf } from '../host/options.ts';
import { flagOf, type Setting, variableOf, wordOf } from '../kit/setting.ts';
import { changeableNames, checkChanges, settingNames } from '../node/settings.ts';
import { changeOf } from './commands/node.ts';
import { defaultConfigPath, findSettings, logChoice, nodeSettings } from './settings.ts';
import { upSettings } from './up-settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Sources {
  flags?: Record<string, unknown>;
  environment?: Record<string, string>;
  file?: unknown;
}

function find(sources: Sources) {
  const config = join(folder, 'config.json');
  if (sources.file !== undefined) {
    writeFileSync(config, typeof sources.file === 'string' ? sources.file : JSON.stringify(sources.file));
  }
  return findSettings({
    flags: sources.flags ?? {},
    environment: { XDG_CONFIG_HOME: folder, ...sources.environment },
    config: sources.file === undefined ? undefined : config,
  });
}

const valuesIn = (sources: Sources) =>
  Object.fromEntries([...find(sources).given].map(([name, { value }]) => [name, value]));

/** All checks that `skein up` makes. */
function plan(sources: Sources) {
  const found = find(sources);
  logChoice(found);
  return planOf({ settings: nodeSettings(found), program: { key: false } });
}

test('a flag beats a variable, a variable beats the file', () => {
  const sources = {
    flags: { name: 'flag' },
    environment: { SKEIN_NAME: 'variable', SKEIN_NAMESPACE: 'variable' },
    file: { name: 'file', namespace: 'file', degree: 5 },
  };
  expect(valuesIn(sources)).toEqual({ name: 'flag', namespace: 'variable', degree: 5 });
});

test('text becomes what the setting is', () => {
  const environment = {
    SKEIN_DEGREE: '4',
    SKEIN_CONNECT: 'a:1, b:2',
    SKEIN_SYNC_PERIOD: '500ms',
    SKEIN_INSECURE: 'yes',
    SKEIN_DISCOVERY: 'false',
    SKEIN_CONTROL: '/x',
    SKEIN_NAME: '',
  };
  const values = {
    degree: 4,
    connect: ['a:1', 'b:2'],
    syncPeriodMs: 500,
    insecure: true,
    discovery: false,
    control: { path: '/x' },
  };
  expect(valuesIn({ environment })).toEqual(values);
});

test('a text of the file is read as that of a flag, and a number of seconds as a duration', () => {
  const file = { connect: 'a:1,b:2', syncPeriod: 5, sendTimeout: '2m', control: '/x' };
  expect(valuesIn({ file })).toEqual({
    connect: ['a:1', 'b:2'],
    syncPeriodMs: 5000,
    sendTimeoutMs: 120_000,
    control: { path: '/x' },
  });
});

test('a number of bytes is read with its unit, and a number of the file is one of bytes', () => {
  const read = (letterBytes: string) => valuesIn({ flags: { letterBytes } });
  expect(read('64MiB')).toEqual({ letterBytes: 64 * 1024 ** 2 });
  expect(read('3 KiB')).toEqual({ letterBytes: 3072 });
  expect(read('1000')).toEqual({ letterBytes: 1000 });
  expect(valuesIn({ file: { letterBytes: 5000 } })).toEqual({ letterBytes: 5000 });
  expect(upSettings.letterBytes?.type.write(1024 ** 2)).toBe('1MiB');
  expect(upSettings.letterBytes?.type.write(1025)).toBe('1025');
});

test('a list is a repeated flag, a comma list, or both', () => {
  expect(valuesIn({ flags: { connect: ['a:1,b:2', 'c:3'] } })).toEqual({ connect: ['a:1', 'b:2', 'c:3'] });
});

test('the configuration file is in the user folder unless said otherwise', () => {
  expect(defaultConfigPath({ XDG_CONFIG_HOME: '/x' })).toBe('/x/skein/config.json');
  expect(defaultConfigPath({})).toMatch(/\.config\/skein\/config\.json$/);
});

test('what looks like a setting and is none is told of', () => {
  const environment = {
    SKEIN_DEGRE: '4',
    SKEIN_KEY: 'x',
    SKEIN_NODE: 'a',
    SKEIN_RUNTIME_DIR: '/x',
    HOME: '/',
  };
  expect(find({ environment }).warnings).toEqual([
    'unknown variable "SKEIN_DEGRE": did you mean SKEIN_DEGREE? It is ignored.',
  ]);
});

describe('an error names its place, what is wrong and what is accepted', () => {
  test.each<[string, Sources, RegExp]>([
    [
      'a key of the file',
      { file: { degre: 3 } },
      /config\.json: unknown setting "degre": did you mean degree\?$/,
    ],
    ['one like none', { file: { wombat: 3 } }, /config\.json: unknown setting "wombat": accepted are name, /],
    ['a file that is not JSON', { file: '{' }, /config\.json is not JSON/],
    ['a file that is no object', { file: '[]' }, /config\.json holds one JSON object/],
    ['an address', { flags: { broadcast: ['everybody'] } }, /^--broadcast: "everybody" is not an IP address/],
    [
      'an address out of this machine',
      { environment: { SKEIN_CONNECT: '10.0.0.1:1' } },
      /^SKEIN_CONNECT: 10\.0\.0\.1:1 /,
    ],
    [
      'settings that do not go together',
      { flags: { doorInsecure: true } },
      /^--door-insecure: there is no formation/,
    ],
    [
      'a key and none',
      { flags: { insecure: true }, environment: { SKEIN_KEY_FILE: '/x' } },
      /^--insecure: goes without a key, and one is given \(SKEIN_KEY_FILE\)/,
    ],
  ])('%s', (_what, sources, line) => {
    expect(() => plan(sources)).toThrow(line);
  });

  test('a file that was named but is not there', () => {
    const sources = { flags: {}, environment: {}, config: join(folder, 'none.json') };
    expect(() => findSettings(sources)).toThrow(/cannot be read \(ENOENT\): name one with --config/);
  });
});

/** One text that fits none of a type's values, for each setting; what any text fits is left out. */
const wrongText: Readonly<Record<string, string>> = {
  name: 'a b',
  namespace: '../x',
  listen: 'nowhere',
  advertise: 'nowhere',
  connect: 'nowhere',
  stallToleranceMs: '1ms',
  insecure: 'maybe',
  syncPeriodMs: 'soon',
  degree: 'many',
  discovery: 'maybe',
  udp: 'maybe',
  discoveryPort: '70000',
  broadcast: 'everybody',
  sendTimeoutMs: '-1s',
  letterBytes: '65MiB',
  logMessages: 'maybe',
  formation: 'http://x',
  doorInsecure: 'maybe',
  logLevel: 'loud',
  logFormat: 'xml',
};
const fitsAnyText = ['keyFile', 'control', 'folder', 'store', 'identity'];

describe('every setting, wrong, in every place', () => {
  test('each is here', () => {
    expect([...Object.keys(wrongText), ...fitsAnyText].sort()).toEqual(Object.keys(upSettings).sort());
  });

  test.each(Object.entries(wrongText))('%s: %s', (name, text) => {
    const row = upSettings[name] as Setting;
    const shown = expect.stringContaining(text);
    const refused = (work: () => unknown, place: string) => {
      const thrown = errorOf(work);
      expect(thrown.startsWith(place)).toBe(true);
      expect(thrown).toEqual(shown);
      // What is accepted: in so many words, or by an example of an address.
      const accepted = row.type.argument === undefined ? 'true or false' : row.type.accepted;
      const hasExample = /write 127|such as 10\.0|has 1 to 64 of|neither tcp/.test(thrown);
      expect(thrown.includes(accepted) || hasExample).toBe(true);
    };
    const flag = row.type.isList === true ? [text] : text;
    if (row.type.argument !== undefined)
      refused(() => plan({ flags: { [wordOf(name)]: flag } }), `${flagOf(name)}: `);
    refused(() => plan({ environment: { [variableOf(name)]: text } }), `${variableOf(name)}: `);
    refused(
      () => plan({ file: { [wordOf(name)]: text } }),
      `${join(folder, 'config.json')}: ${wordOf(name)}: `,
    );
  });

  /** No setting takes it, also of those that only programs give. */
  test.each(settingNames)('%s as an option', (name) => {
    expect(() => planOf(requestOf({ [name]: 7.5 }))).toThrow(TypeError);
    expect(errorOf(() => planOf(requestOf({ [name]: 7.5 })))).toMatch(
      new RegExp(`^${name}: (expected .*, got 7\\.5|a name is text, not number)$`),
    );
  });

  test.each(changeableNames)('%s changed while the node runs', (name) => {
    const text = wrongText[name] as string;
    expect(errorOf(() => changeOf(wordOf(name), text))).toMatch(/^set: [\w-]+: expected .*, got "/);
    expect(errorOf(() => checkChanges({ [name]: text }))).toBe(
      `set: ${name}: ${(upSettings[name] as Setting).type.problem(text)}`,
    );
  });
});

function errorOf(work: () => unknown): string {
  try {
    work();
  } catch (problem) {
    return (problem as Error).message;
  }
  return 'nothing was thrown';
}
