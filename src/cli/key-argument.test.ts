import { expect, test } from 'vitest';
import { MeshKey } from '../host/keys/mesh-key.ts';
import { refuseKeyArgument } from './key-argument.ts';
import { UsageError } from './kit/exit.ts';

const { text } = MeshKey.make();

test.each([
  [['up', `--key=${text}`]],
  [['up', '--key-file', text]],
  [['key', 'add', text.toUpperCase()]],
  [[text]],
  [['send', 'a', `see ${text.slice(0, 40)}`]],
  [['up', `--key=${text.replace(/-./, '-0')}`]],
])('a key among the arguments is refused and not repeated (%#)', (args) => {
  expect(() => refuseKeyArgument(args)).toThrow(UsageError);
  expect(() => refuseKeyArgument(args)).not.toThrow(text.slice(7, 20));
});

test.each([
  [['up', '--key-file', '/etc/skein1/keys']],
  [['key', 'use', 'f3a1']],
  [['send', 'a', 'skein1-is']],
  [[]],
])('other arguments are let through (%#)', (args) => expect(refuseKeyArgument(args)).toBeUndefined());
