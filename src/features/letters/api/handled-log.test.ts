import { expect, test } from 'vitest';
import { type OwnFile, ownFilesPart } from '../../../kit/own-files.ts';
import { HandledLog } from './handled-log.ts';

const hex = (n: number): string => n.toString(16).padStart(32, '0');

/** A disk whose writes end when they are let, as they are let. */
function disk(content = '') {
  const writes: { readonly kind: 'append' | 'replace'; readonly text: string; end(error?: Error): void }[] =
    [];
  const warnings: string[] = [];
  const write = (kind: 'append' | 'replace') => (text: string) =>
    new Promise<void>((resolve, reject) => {
      writes.push({ kind, text, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  const file: OwnFile = {
    read: async () => content,
    append: write('append'),
    replace: write('replace'),
    close: async () => undefined,
  };
  const ports = {
    name: 'b',
    platformPart: <Part>(name: string) =>
      name === ownFilesPart ? ({ open: () => file } as Part) : undefined,
    warn: (_code: string, text: string) => void warnings.push(text),
  };
  return { writes, warnings, log: new HandledLog(ports, () => 7) };
}

/** Whether it has resolved by now. */
function watched(promise: Promise<void>) {
  const seen = { isDone: false };
  void promise.then(() => {
    seen.isDone = true;
  });
  return seen;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an id is recorded once it is on the disk; those that come meanwhile are written together', async () => {
  const { writes, log } = disk();
  await log.open();
  const all = [1, 2, 3].map((n) => watched(log.record(hex(n))));
  await turn();
  expect(writes.map(({ text }) => text)).toEqual([`${hex(1)} 7\n`]);
  expect(all.map(({ isDone }) => isDone)).toEqual([false, false, false]);
  writes[0]?.end();
  await turn();
  expect(all.map(({ isDone }) => isDone)).toEqual([true, false, false]);
  expect(writes[1]).toMatchObject({ kind: 'append', text: `${hex(2)} 7\n${hex(3)} 7\n` });
  writes[1]?.end();
  await turn();
  expect(all.every(({ isDone }) => isDone)).toBe(true);
});

test('a write that fails is a warning, and the next one writes the whole file', async () => {
  const { writes, warnings, log } = disk(`${hex(9)} 5\n`);
  await log.open();
  const first = log.record(hex(1));
  await turn();
  writes[0]?.end(new Error('no room'));
  await first;
  expect(warnings).toEqual([expect.stringContaining('may come again after a crash: no room')]);
  void log.record(hex(2));
  await turn();
  expect(writes[1]).toMatchObject({ kind: 'replace', text: `${hex(9)} 5\n${hex(1)} 7\n${hex(2)} 7\n` });
});

test('a file whose last line is torn is written anew before anything is added', async () => {
  const { writes, warnings, log } = disk(`${hex(9)} 5\n${hex(8)}`);
  await log.open();
  expect([log.has(hex(9)), log.has(hex(8))]).toEqual([true, false]);
  void log.record(hex(1));
  await turn();
  expect(writes[0]).toMatchObject({ kind: 'replace', text: `${hex(9)} 5\n${hex(1)} 7\n` });
  expect(warnings).toEqual([]);
});

test('a platform without a disk of the node is an error that says so', () => {
  const ports = { name: 'b', platformPart: () => undefined, warn: () => undefined };
  expect(() => new HandledLog(ports, () => 7)).toThrow('this node has no files of its own');
});
