import { expect, test } from 'vitest';
import { build } from './up.ts';

/** What commander takes for given. */
function flagsOf(...args: string[]): Record<string, unknown> {
  const up = build();
  up.action(() => {});
  up.parse(args, { from: 'user' });
  return up.opts();
}

test('a flag that was not given is not taken for given, so that variables and the file count', () => {
  expect(flagsOf()).toEqual({});
});

test('what is on or off is a flag both ways', () => {
  expect(flagsOf('--no-discovery', '--no-folder')).toEqual({ discovery: false, folder: false });
  expect(flagsOf('--discovery', '--folder')).toEqual({ discovery: true, folder: true });
  expect(flagsOf('--no-insecure')).toEqual({ insecure: false });
});

test('the help shows of two ways the one that changes something', () => {
  const help = build().helpInformation();
  expect(help).toMatch(/--no-discovery/);
  expect(help).toMatch(/--insecure/);
  expect(help).not.toMatch(/--discovery\s|--no-insecure|folder {2}/);
});
