/** What is read from a trace of strace: whole calls, calls in two lines, and calls that must not be skipped. */
import { expect, test } from 'vitest';
import { TraceReader } from './trace.ts';

const hex = (text: string) =>
  Array.from(Buffer.from(text), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const file = (path: string, descriptor = 7) => `${descriptor}<${hex(path)}>`;
const opened = (path: string, flags: string) =>
  `1 openat(AT_FDCWD<${hex('/home')}>, "${hex(path)}", ${flags}, 0600) = ${file(path)}`;

function callsOf(...lines: string[]) {
  const reader = new TraceReader(['/disk']);
  for (const line of lines) reader.add(line);
  return reader.end();
}

test('a call in one line begins and returns there', () => {
  const calls = callsOf(
    `1 mkdir("${hex('/disk/new')}", 0700) = 0`,
    opened('/disk/new/a', 'O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC'),
    `1 pwrite64(${file('/disk/new/a')}, "${hex('text')}", 4, 4096) = 4`,
    `1 fsync(${file('/disk/new/a')}) = 0`,
    `1 ftruncate(${file('/disk/new/a')}, 512) = 0`,
    `1 rename("${hex('/disk/new/a')}", "${hex('/disk/new/b')}") = 0`,
    `1 unlink("${hex('/disk/new/b')}") = 0`,
  );
  expect(calls).toEqual([
    { type: 'make-folder', path: '/disk/new', begin: 1, end: 1 },
    { type: 'open', path: '/disk/new/a', isEmptied: true, begin: 2, end: 2 },
    { type: 'write', path: '/disk/new/a', at: 4096, size: 4, bytes: Buffer.from('text'), begin: 3, end: 3 },
    { type: 'sync', path: '/disk/new/a', begin: 4, end: 4 },
    { type: 'truncate', path: '/disk/new/a', size: 512, begin: 5, end: 5 },
    { type: 'rename', path: '/disk/new/a', to: '/disk/new/b', begin: 6, end: 6 },
    { type: 'remove', path: '/disk/new/b', begin: 7, end: 7 },
  ]);
});

test('calls of several threads that overlap have the lines where they began and returned', () => {
  const calls = callsOf(
    `1 fsync(${file('/disk/a')} <unfinished ...>`,
    `2 pwrite64(${file('/disk/b')}, "${hex('b')}", 1, 0 <unfinished ...>`,
    '1 <... fsync resumed>) = 0',
    `3 fsync(${file('/disk/a')} <unfinished ...>`,
    '2 <... pwrite64 resumed>) = 1',
    '3 +++ killed by SIGKILL +++',
  );
  expect(calls.map(({ type, path, begin, end }) => [type, path, begin, end])).toEqual([
    ['sync', '/disk/a', 1, 3],
    ['write', '/disk/b', 2, 5],
    ['sync', '/disk/a', 4, Number.POSITIVE_INFINITY],
  ]);
});

test('what failed, what lies elsewhere, the index of a log and sockets are left out; of a short write what was written counts', () => {
  const calls = callsOf(
    `1 mkdir("${hex('/disk/new')}", 0700) = -1 EEXIST (File exists)`,
    `1 pwrite64(${file('/elsewhere')}, "${hex('x')}", 1, 0) = 1`,
    `1 pwrite64(${file('/disk/a-shm')}, "${hex('x')}", 1, 0) = 1`,
    `1 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, ${file('/disk/a-shm')}, 0) = 0x7f0000000000`,
    `1 write(9<${hex('socket:[1]')}>, "${hex('/disk')}", 5) = 5`,
    `1 openat(AT_FDCWD<${hex('/')}>, "${hex('/disk')}", O_RDONLY|O_CLOEXEC) = ${file('/disk')}`,
    `1 pwrite64(${file('/disk/a')}, "${hex('text')}", 4, 0) = 2`,
  );
  expect(calls).toEqual([
    { type: 'write', path: '/disk/a', at: 0, size: 2, bytes: Buffer.from('te'), begin: 7, end: 7 },
  ]);
});

test('a write without a place goes to the end of a file that was emptied when it was opened; of another file it is an error', () => {
  const written = `1 write(${file('/disk/word')}, "${hex('text')}", 4) = 4`;
  const flags = 'O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC';
  const calls = callsOf(opened('/disk/word', flags), written);
  expect(calls.at(-1)).toEqual({
    ...{ type: 'write', path: '/disk/word', size: 4, bytes: Buffer.from('text') },
    ...{ begin: 2, end: 2 },
  });
  const again = opened('/disk/word', 'O_WRONLY|O_CLOEXEC');
  expect(() => callsOf(opened('/disk/word', flags), again, written)).toThrow('is not understood');
});

test('a write without a place goes to the end of a file that was opened to append; a long one has no bytes', () => {
  const calls = callsOf(
    opened('/disk/a', 'O_WRONLY|O_CREAT|O_APPEND|O_CLOEXEC'),
    `1 write(${file('/disk/a')}, "${hex('te')}"..., 4) = 4`,
  );
  expect(calls[1]).toEqual({ type: 'write', path: '/disk/a', size: 4, begin: 2, end: 2 });
});

test.each([
  ['a write to the place of the descriptor', `1 write(${file('/disk/a')}, "${hex('x')}", 1) = 1`],
  ['several buffers', `1 pwritev(${file('/disk/a')}, [{iov_base="${hex('x')}", iov_len=1}], 1, 0) = 1`],
  ['another name for a file', `1 link("${hex('/disk/a')}", "${hex('/disk/b')}") = 0`],
  ['a mapped file', `1 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, ${file('/disk/a')}, 0) = 0x7f00`],
  ['a folder that goes', `1 unlinkat(AT_FDCWD<${hex('/')}>, "${hex('/disk/a')}", AT_REMOVEDIR) = 0`],
])('what is not replayed is an error: %s', (_what, line) => {
  expect(() => callsOf(line)).toThrow('line 1 of the trace is not understood');
});

test('a write within which its process was killed is an error: nobody knows whether it was carried out', () => {
  const begun = `1 pwrite64(${file('/disk/a')}, "${hex('x')}", 1, 0 <unfinished ...>`;
  expect(() => callsOf(begun, '1 +++ killed by SIGKILL +++')).toThrow('a process was killed within a call');
  expect(() => callsOf(begun, '1 <... pwrite64 resumed> <unfinished ...>) = ?')).toThrow(
    'a process was killed within a call',
  );
});
