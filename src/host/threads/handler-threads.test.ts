/** Handlers that are modules, in real threads. Needs dist, whose file they begin with. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { decodeBody } from '../../kit/codec.ts';
import type { HandlerModule, ThreadCall } from '../../kit/handler-threads.ts';
import { handlerThreads } from './handler-threads.ts';

const folder = mkdtempSync(join(tmpdir(), 'skein-threads-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const opened: HandlerModule[] = [];
afterEach(() => {
  for (const module of opened.splice(0)) module.close();
});
let written = 0;

function fileOf(source: string, ending = 'mjs'): string {
  const file = join(folder, `handler-${++written}.${ending}`);
  writeFileSync(file, source);
  return file;
}

function open(module: string | URL, graceMs = 5000): HandlerModule {
  const made = handlerThreads.open(module, graceMs);
  opened.push(made);
  return made;
}

const moduleOf = (source: string, graceMs?: number): HandlerModule => open(fileOf(source), graceMs);

async function run(module: HandlerModule, input: unknown, more: Partial<ThreadCall> = {}): Promise<unknown> {
  const call = { facts: {}, signal: new AbortController().signal, progress: () => undefined, ...more };
  const { encoding, bytes } = await module.run({ ...call, input });
  return decodeBody(encoding, bytes);
}

describe('a module as handler', () => {
  test('is given what a function is given, and what it returns comes back', async () => {
    const module = moduleOf(`export default async (job) => {
      job.progress(0.5, 'half');
      return { ...job, signal: job.signal.aborted, progress: typeof job.progress };
    }`);
    const said: unknown[] = [];
    const input = { when: new Date(1000), bytes: Uint8Array.of(1, 2), set: new Set([1]) };
    const result = await run(module, input, {
      facts: { id: 'x', attempt: 2 },
      progress: (share, note) => said.push(share, note),
    });
    expect(result).toEqual({ id: 'x', attempt: 2, input, signal: false, progress: 'function' });
    expect(said).toEqual([0.5, 'half']);
  });

  test('may be named by its path from the working directory, by a URL, or be CommonJS', async () => {
    const file = fileOf('export default (job) => job.input + 1');
    for (const named of [relative(process.cwd(), file), pathToFileURL(file), pathToFileURL(file).href])
      expect(await run(open(named), 1)).toBe(2);
    expect(await run(open(fileOf('module.exports = (job) => job.input + 2', 'cjs')), 1)).toBe(3);
    const compiled = 'exports.__esModule = true; exports.default = (job) => job.input + 3';
    expect(await run(open(fileOf(compiled, 'cjs')), 1)).toBe(4);
  });

  test('that is not there, or is no file, is refused at once', () => {
    expect(() => open(join(folder, 'none.mjs'))).toThrow(
      expect.objectContaining({ code: 'SKEIN_INVALID', message: expect.stringContaining('none.mjs') }),
    );
    expect(() => open(new URL('https://example.org/handler.mjs'))).toThrow(TypeError);
  });

  test.each([
    ['has no default export', 'export const handler = 1', 'its default export has to be the handler'],
    ['throws as it is loaded', 'throw new Error("no license")', 'no license'],
    ['cannot be read', 'export default (', 'Unexpected'],
    ['ends as it is loaded', 'process.exit(3)', String.raw`process\.exit\(3\) was called`],
  ])('that %s says so as it is loaded', async (_what, source, text) => {
    await expect(moduleOf(source).loaded).rejects.toThrow(new RegExp(text));
  });

  test('keeps a thread for the next call, and has one for each call at a time', async () => {
    const module = moduleOf(`
      import { threadId } from 'node:worker_threads';
      export default async ({ input }) => {
        await new Promise((resolve) => setTimeout(resolve, input));
        return threadId;
      }`);
    const first = await run(module, 0);
    expect(await run(module, 0)).toBe(first);
    const together = await Promise.all([run(module, 20), run(module, 20)]);
    expect(new Set(together).size).toBe(2);
    expect(together).toContain(await run(module, 0));
  });

  test('that throws fails its call with its text and its code, and its thread goes on', async () => {
    const module = moduleOf(`
      import { threadId } from 'node:worker_threads';
      export default ({ input }) => {
        if (input === 1) throw Object.assign(new Error('broken'), { code: 'E_MINE' });
        if (input === 2) throw Object.create(null);
        if (input === 3) return () => 1;
        return threadId;
      }`);
    const thread = await run(module, 0);
    await expect(run(module, 1)).rejects.toMatchObject({ message: 'broken', code: 'E_MINE' });
    await expect(run(module, 2)).rejects.toMatchObject({ message: 'a thrown value that has no text' });
    await expect(run(module, 3)).rejects.toThrow(/cannot be sent/);
    expect(await run(module, 0)).toBe(thread);
  });

  test('whose progress is no share gets an error, and what it says after its end goes nowhere', async () => {
    const module = moduleOf(`
      let last;
      export default ({ input, progress }) => {
        last?.(0.9);
        last = progress;
        progress(input);
        return 'done';
      }`);
    const said: number[] = [];
    const progress = (share: number): number => said.push(share);
    expect(await run(module, 0.1, { progress })).toBe('done');
    expect(await run(module, 0.2, { progress })).toBe('done');
    expect(said).toEqual([0.1, 0.2]);
    await expect(run(module, 2, { progress })).rejects.toThrow('progress is a number from 0 to 1, got 2');
  });
});

describe('a thread that dies', () => {
  test.each([
    ['exits', 'process.exit(7)', String.raw`process\.exit\(7\) was called in it`],
    ['has an error that nobody catches', 'setTimeout(() => { throw new Error("late"); })', 'it died: late'],
    ['has a rejection that nobody catches', 'void Promise.reject(new Error("unseen"))', 'it died: unseen'],
  ])('as it %s fails its call, and another one takes the next', async (_what, code, text) => {
    const file = fileOf(`export default ({ input }) => {
      if (input === 0) return 'fine';
      ${code};
      return new Promise(() => undefined);
    }`);
    const module = open(file);
    await expect(run(module, 1)).rejects.toThrow(new RegExp(text));
    await expect(run(module, 1)).rejects.toThrow(`the thread of ${file} has ended: `);
    expect(await run(module, 0)).toBe('fine');
  });

  test('as it has no memory left fails its call, and another one takes the next', async () => {
    // Of heaps that are made from now on: with what the machine has it takes minutes.
    setFlagsFromString('--max-old-space-size=32');
    const module = moduleOf(`export default ({ input }) => {
      for (const all = []; input === 1; ) all.push(new Array(1e5).fill(all.length));
      return 'fine';
    }`);
    await module.loaded;
    setFlagsFromString('--max-old-space-size=0');
    await expect(run(module, 1)).rejects.toThrow(/it died: .*memory/);
    expect(await run(module, 0)).toBe('fine');
  });

  test('while it has nothing to do is replaced', async () => {
    const module = moduleOf(`
      import { threadId } from 'node:worker_threads';
      export default ({ input }) => {
        if (input === 1) setImmediate(() => process.exit(0));
        return threadId;
      }`);
    const first = await run(module, 1);
    await expect.poll(() => run(module, 0)).not.toBe(first);
  });
});

describe('the signal of a call', () => {
  test('fires in the thread, with why', async () => {
    const module = moduleOf(`export default ({ signal }) => new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)));`);
    const controller = new AbortController();
    const ended = run(module, 0, { signal: controller.signal });
    controller.abort(new Error('cancelled by a'));
    await expect(ended).rejects.toMatchObject({ code: 'SKEIN_ABORTED', message: 'cancelled by a' });
    await expect(run(module, 0, { signal: controller.signal })).rejects.toMatchObject({
      code: 'SKEIN_ABORTED',
    });
  });

  test('that is ignored, or not heard by a thread that blocks, has the thread ended after a while', async () => {
    const module = moduleOf(
      `export default ({ input, progress }) => {
        if (input === 0) return 'fine';
        progress(0);
        if (input === 1) for (;;);
        return new Promise(() => undefined);
      }`,
      50,
    );
    for (const input of [1, 2]) {
      const controller = new AbortController();
      // Fires once it is in the loop.
      const progress = (): void => controller.abort(new Error('cancelled'));
      await expect(run(module, input, { signal: controller.signal, progress })).rejects.toThrow(
        'it went on for 50 ms after its signal had fired, and was ended',
      );
    }
    expect(await run(module, 0)).toBe('fine');
  });
});
