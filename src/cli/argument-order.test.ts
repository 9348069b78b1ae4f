import { describe, expect, test } from 'vitest';
import { commandFirst } from './argument-order.ts';

describe('options that stand before the command', () => {
  test('are read as if they stood behind it', () => {
    expect(commandFirst(['--node', 'a', '--json', 'node', 'ls'])).toEqual([
      'node',
      'ls',
      '--node',
      'a',
      '--json',
    ]);
    expect(commandFirst(['--node=a', 'status'])).toEqual(['status', '--node=a']);
  });

  test('stay options where the arguments hold a --', () => {
    expect(commandFirst(['--node', 'a', 'send', 'b', '--', '-x'])).toEqual([
      'send',
      'b',
      '--node',
      'a',
      '--',
      '-x',
    ]);
  });

  test('that no command shares are left where they are, to be refused', () => {
    expect(commandFirst(['--nodes', 'status'])).toEqual(['--nodes', 'status']);
    expect(commandFirst(['status', '--node', 'a'])).toEqual(['status', '--node', 'a']);
  });
});
