/** The command line of letters, with real processes. Each site has a namespace, and so a swarm, of its own. */
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LetterStatus } from '../../src/features/letters/api.ts';
import { SkeinError } from '../../src/kernel/errors.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { type RunningCommand, Site } from './helpers.ts';

let sites = 0;

/** Nodes of one user and namespace share a formation of this machine. */
function openSite(): Promise<Site> {
  return Site.open(undefined, { SKEIN_NAMESPACE: `letters-${process.pid}-${++sites}` });
}

const localTime = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`;

function attached(site: Site, name: string): Promise<SkeinNode> {
  return attach({ control: join(site.folder, 'run', `${name}.sock`) });
}

async function nextLine({ lines }: RunningCommand): Promise<string> {
  return (await lines.next()).value as string;
}

describe('letters of two nodes', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite();
    await Promise.all([site.up('a'), site.up('b')]);
    await site.must('status', '--count', '2', '--node', 'a');
  });
  afterAll(() => site.close());

  const send = async (...args: string[]): Promise<string> =>
    (await site.must('letter', 'send', ...args, '--node', 'a')).trimEnd();
  const list = (...args: string[]): Promise<LetterStatus[]> =>
    site.json('letter', 'ls', ...args, '--node', 'a');
  const show = <Shown = LetterStatus>(id: string): Promise<Shown> =>
    site.json('letter', 'show', id, '--node', 'a');
  const stateOf = async (id: string): Promise<unknown> => (await show(id)).recipients[0]?.state;
  const follow = (...args: string[]): Promise<string> =>
    site.must('letter', 'follow', ...args, '--node', 'b');
  const remove = (id: string): Promise<string> => site.must('letter', 'rm', id, '--node', 'a');
  /** What one test has left is none of the next. */
  afterEach(async () => {
    const a = await attached(site, 'a');
    for (const state of ['stored', 'failed'] as const)
      for (const { id } of await a.letters.list({ state })) await a.letters.remove(id);
    await a.close();
  });

  test('a letter is stored, shown, handled by who follows, and then delivered', async () => {
    const id = await send('b', 'read\u001b[2J this', '--type', 'note');
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    const stored = {
      ...{ id, n: expect.any(Number), from: 'a', type: 'note', sentAt: expect.any(Number), bytes: 14 },
      recipients: [{ name: 'b', state: 'stored', attempts: 0 }],
    };
    expect(await show(id)).toEqual({ ...stored, body: 'read\u001b[2J this' });
    expect(await list('--to', 'b', '--state', 'stored')).toEqual([stored]);

    expect(await follow('--count', '1')).toBe(`${id.slice(0, 8)} from a [note] read\\u001b[2J this\n`);
    await expect.poll(() => stateOf(id)).toBe('delivered');
    expect(await show(id)).toEqual({
      ...stored,
      recipients: [{ name: 'b', state: 'delivered', attempts: 1, at: expect.any(Number) }],
    });
  });

  test('people see the same as tables', async () => {
    const id = await send('b', 'hello');
    const listed = await site.must('letter', 'ls', '--node', 'a');
    expect(listed).toMatch(/^ID +SENT +FROM +TO +TYPE +STATE\n/);
    expect(listed).toMatch(new RegExp(`^${id.slice(0, 8)} +${localTime} +a +b +letter +stored$`, 'm'));
    expect(await site.must('letter', 'show', id.slice(0, 10), '--node', 'a')).toMatch(
      new RegExp(
        `^id +${id}\nfrom +a\ntype +letter\nsent +${localTime}\nsize +6 bytes\n\n` +
          'RECIPIENT +STATE +ATTEMPTS +WHEN +REASON\nb +stored +0 +- +-\n\nhello\n$',
      ),
    );
    expect(await remove(id)).toBe('b  removed\n');
    expect(await site.must('letter', 'ls', '--from', 'b', '--node', 'a')).toBe('no letters\n');
  });

  test('bytes of standard input come out as they went in, until the letter has ended', async () => {
    const sent = await site.run(['letter', 'send', 'b', '-', '--node', 'a'], { input: 'a\n\u0000b' });
    const id = sent.stdout.trimEnd();
    const raw = ['letter', 'show', id, '--raw', '--node', 'a'];
    expect(await site.must(...raw)).toBe('a\n\u0000b');
    expect(await show(id)).toMatchObject({ body: { $bytes: 'YQoAYg==' } });
    expect(await site.must('letter', 'show', id, '--node', 'a')).toContain(
      '\n(4 bytes: --raw prints them)\n',
    );
    await remove(id);
    expect(await site.run(raw)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `skein: letter ${id} has no body any more: it has ended for all its recipients\n`,
    });
    expect(await show(id)).not.toHaveProperty('body');
  });

  test('JSON that is sent is JSON that is followed', async () => {
    const id = await send('b', '{"frames":[1,2]}', '--json-body');
    expect(JSON.parse(await follow('--count', '1', '--json'))).toEqual({
      ...{ id, type: 'letter', from: 'a', to: ['b'], body: { frames: [1, 2] } },
      ...{ timestamp: expect.any(Number), attempt: 1, delivered: false },
      trace: ['a', expect.stringMatching(/^[ab]$/)],
    });
    const empty = await send('b');
    expect(await show(empty)).toMatchObject({ body: null });
  });

  test('who follows takes no more letters than it was asked to', async () => {
    const ids = [await send('b', 'one'), await send('b', 'two'), await send('b', 'three')];
    const lines = (await follow('--count', '2')).trimEnd().split('\n');
    expect(lines.map((line) => line.split('] ')[1])).toEqual(['one', 'two']);
    await expect.poll(() => stateOf(ids[1] as string)).toBe('delivered');
    expect(await show(ids[2] as string)).toMatchObject({
      recipients: [{ name: 'b', state: 'stored', attempts: 0 }],
    });
    expect(await follow('--count', '1')).toContain('three');
  });

  test('one place of a node handles its letters; the other is refused, and the first goes on', async () => {
    const first = site.start('letter', 'follow', '--node', 'b');
    await send('b', 'to the first');
    expect(await nextLine(first)).toMatch(/to the first$/);
    expect(await site.run(['letter', 'follow', '--node', 'b'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/this node handles letters already.*\(SKEIN_INVALID\)\n$/),
    });
    await send('b', 'and again');
    expect(await nextLine(first)).toMatch(/and again$/);
    first.process.kill('SIGINT');
    expect(await first.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('a letter that is watched says how it stands, and ends with 0 once all have it', async () => {
    const id = await send('b', 'watched');
    const watching = site.start('letter', 'watch', id, '--node', 'a');
    expect(await nextLine(watching)).toBe('b  stored');
    await follow('--count', '1');
    expect(await nextLine(watching)).toBe('b  delivered');
    expect(await watching.ended).toMatchObject({ exitCode: 0, stderr: '' });
    const again = await site.run(['letter', 'watch', id, '--json', '--node', 'a']);
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual({
      ...{ id, name: 'b', state: 'delivered', attempts: 1, at: expect.any(Number) },
    });
  });

  test('and with 1 where a recipient will not have it, or at Ctrl-C', async () => {
    const id = await send('b,nobody', 'watched', '--allow-unknown');
    const watching = site.start('letter', 'watch', id, '--node', 'a');
    const left = site.start('letter', 'watch', id, '--json', '--node', 'a');
    expect([await nextLine(watching), await nextLine(watching)]).toEqual(['b  stored', 'nobody  stored']);
    await nextLine(left);
    left.process.kill('SIGINT');
    expect(await left.ended).toMatchObject({ exitCode: 1, stderr: '' });
    expect(await site.must('letter', 'rm', id, '--json', '--node', 'a')).toBe(
      `${JSON.stringify({ id, recipients: ['b', 'nobody'] }, null, 2)}\n`,
    );
    expect(await nextLine(watching)).toBe('b  removed');
    expect(await watching.ended).toMatchObject({ exitCode: 1, stderr: '' });
  });

  test('a letter that is not handled in time expires', async () => {
    const id = await send('b', 'too late', '--expires', '50ms');
    const watched = await site.run(['letter', 'watch', id, '--node', 'a']);
    expect(watched).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^b {2}expired$/m) });
  });

  test('a letter for later waits until then', async () => {
    const before = Date.now();
    const id = await send('b', 'later', '--after', '2h');
    const { recipients } = await show(id);
    expect(recipients).toEqual([{ name: 'b', state: 'stored', attempts: 0, due: expect.any(Number) }]);
    const dueIn = (recipients[0]?.due as number) - before;
    expect(dueIn).toBeGreaterThanOrEqual(7_200_000);
    expect(dueIn).toBeLessThan(7_300_000);
    expect(await site.must('letter', 'show', id, '--node', 'a')).toMatch(
      new RegExp(`^b +stored +0 +due ${localTime} +-$`, 'm'),
    );
  });

  test('the same key stores one letter; for another letter it is wrong', async () => {
    const first = await site.json('letter', 'send', 'b', 'x', '--key', 'k', '--node', 'a');
    expect(first).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      n: expect.any(Number),
      isRepeat: false,
      where: 'store',
    });
    expect(await site.json('letter', 'send', 'b', 'x', '--key', 'k', '--node', 'a')).toEqual({
      ...(first as object),
      isRepeat: true,
    });
    const other = await site.run(['letter', 'send', 'b', 'y', '--key', 'k', '--node', 'a']);
    expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/\(SKEIN_INVALID\)\n$/) });
  });

  test('to all is to every node ever seen, and to nobody who never was, unless that is wanted', async () => {
    const id = await send('--all', 'to everybody');
    expect((await show(id)).recipients.map(({ name }) => name)).toEqual(['b']);
    const unknown = ['letter', 'send', 'never', 'x', '--node', 'a'];
    expect(await site.run(unknown)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^skein: the swarm has never seen never: .*\(SKEIN_UNKNOWN_NODE\)\n$/),
    });
    await site.must(...unknown, '--allow-unknown');
    expect(await site.run(['letter', 'send', 'a', 'x', '--node', 'a'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/\(SKEIN_SELF\)\n$/),
    });
  });

  test('a letter that has failed is delivered again when that is asked for', async () => {
    const id = await send('b', 'no paper');
    const b = await attached(site, 'b');
    const handling = b.letters.handle(
      () => {
        throw new Error('no\npaper');
      },
      { attempts: 1 },
    );
    await expect.poll(() => stateOf(id)).toBe('failed');
    await handling.close();
    await b.close();
    expect(await list('--state', 'failed')).toEqual([
      expect.objectContaining({
        id,
        recipients: [{ name: 'b', state: 'failed', attempts: 1, reason: 'no\npaper' }],
      }),
    ]);
    expect(await site.must('letter', 'show', id, '--node', 'a')).toMatch(
      /^b +failed +1 +- +no\\u000apaper$/m,
    );
    expect(await site.run(['letter', 'watch', id, '--node', 'a'])).toMatchObject({
      exitCode: 1,
      stdout: 'b  failed, 1 attempt: no\\u000apaper\n',
    });
    expect(await site.must('letter', 'retry', id, '--node', 'a')).toBe('b  delivered again\n');
    expect(await follow('--count', '1')).toContain('no paper');
    await expect.poll(() => stateOf(id)).toBe('delivered');
    expect(await site.run(['letter', 'retry', id, '--json', '--node', 'a'])).toEqual({
      exitCode: 1,
      stdout: `${JSON.stringify({ id, recipients: [] }, null, 2)}\n`,
      stderr: `skein: letter ${id} has failed for none of its recipients: there is nothing to retry\n`,
    });
    expect(await site.run(['letter', 'rm', id, '--node', 'a'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `skein: letter ${id} has ended for all its recipients: there is nothing to remove\n`,
    });
  });

  test('all letters are listed, not only a page of them, and any is found by its first digits', async () => {
    const a = await attached(site, 'a');
    const many = Array.from({ length: 450 }, (_, i) => ({ to: 'later', body: i, allowUnknown: true }));
    const results = await a.letters.sendMany(many);
    const ids = results.flatMap((result) => (result.ok ? [result.id] : []));
    await a.close();
    expect((await list('--to', 'later')).map(({ id }) => id)).toEqual(ids);
    const last = ids.at(-1) as string;
    expect(await show(last.slice(0, 12))).toMatchObject({ id: last, body: 449 });
  });

  test('an id that nobody knows is one line, and exit code 1', async () => {
    for (const command of ['show', 'watch', 'retry', 'rm'])
      expect(await site.run(['letter', command, '0'.repeat(32), '--node', 'a'])).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(/^skein: the swarm has no letter 0{32}: `skein letter ls` lists .*\n$/),
      });
  });

  test.each<[string, RegExp]>([
    ['letter', /say which: skein letter send, follow, ls, show, watch, retry, rm/],
    ['letter send', /letter send: name the recipients: NODE\[,NODE\.\.\.\], or --all/],
    ['letter send @all x', /for all nodes, write --all instead of @all/],
    ['letter send b x --all', /give --all or recipients, and not both \(b is named\)/],
    ['letter send b, x', /nodes: one of "b," has no name; say NODE/],
    ['letter send b {x --json-body', /the body is not JSON/],
    ['letter send b x --after soon', /argument 'soon' is invalid. Expected a duration/],
    [
      'letter send b x --expires 999999h --node a',
      /expiresMs: expected a whole number from 1 to 315360000000/,
    ],
    ['letter send a/b x --node a', /a name has 1 to 64 of/],
    ['letter ls --state lost', /Allowed choices are stored, delivered, failed, expired, refused, removed/],
    ['letter ls --from a/b --node a', /from: a name has 1 to 64 of/],
    ['letter show abc --node a', /"abc" is not the id of a letter: write 4 to 32 hexadecimal digits/],
    ['letter show abcd --raw --json --node a', /give --raw or --json, and not both/],
    ['letter follow --count 0', /Expected a whole number of at least 1/],
    ['letter rm', /missing required argument 'id'; usage: skein letter rm \[options\] <id>/],
  ])('skein %s is wrong input', async (line, problem) => {
    const { exitCode, stdout, stderr } = await site.run(line.split(' '));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(problem);
    expect(stderr).toMatch(/^skein: [^\n]*\n$/);
  });

  test('a body above 1 MiB is refused with the limit', async () => {
    const input = 'x'.repeat(1024 * 1024 + 1);
    expect(await site.run(['letter', 'send', 'b', '-', '--node', 'a'], { input })).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/1048576.*set letterBytes \(up to 67108864\) \(SKEIN_TOO_LARGE\)\n$/),
    });
  });
});

describe('a node that was off', () => {
  test('hears, when it is back, which of its letters were refused while it was off', async () => {
    await using site = await openSite();
    const [a] = await Promise.all([site.up('a'), site.up('b')]);
    await site.must('status', '--count', '2', '--node', 'a');
    const id = (await site.must('letter', 'send', 'b', 'please', '--node', 'a')).trimEnd();
    await site.must('down', '--node', 'a');
    await a.ended;
    const b = await attached(site, 'b');
    const handling = b.letters.handle(() => {
      throw new SkeinError('SKEIN_REFUSED', 'not today');
    });
    await site.must('letter', 'watch', id, '--node', 'b').catch(() => undefined);
    await handling.close();
    await site.up('a');
    const back = await attached(site, 'a');
    const reported = once(back.events, 'letter:undelivered');
    await back.letters.list();
    const [{ detail }] = (await reported) as [CustomEvent];
    expect(detail).toEqual({ id, recipient: 'b', state: 'refused', reason: 'not today' });
    await Promise.all([back.close(), b.close()]);
  });

  test('has reports for the program that attaches and listens, and for no other one', async () => {
    await using site = await openSite();
    const [a] = await Promise.all([site.up('a'), site.up('b')]);
    await site.must('status', '--count', '2', '--node', 'a');
    const b = await attached(site, 'b');
    b.letters.handle(() => {
      throw new SkeinError('SKEIN_REFUSED', 'not today');
    });
    const refused = async (): Promise<string> => {
      const id = (await site.must('letter', 'send', 'b', 'please', '--node', 'a')).trimEnd();
      expect((await site.run(['letter', 'watch', id, '--node', 'b'])).stdout).toContain('refused');
      return id;
    };
    const ids = [await refused(), await refused()];
    a.process.kill('SIGKILL');
    await a.ended;
    await site.up('a');
    await site.must('status', '--count', '2', '--node', 'a');
    const monitor = await attached(site, 'a');
    const seen: string[] = [];
    monitor.events.addEventListener('node:up', ({ detail }) => seen.push(detail.name));
    await monitor.letters.list();
    const heardBy = (node: SkeinNode): string[] => {
      const heard: string[] = [];
      node.events.addEventListener('letter:undelivered', ({ detail }) => heard.push(detail.id));
      return heard;
    };
    const first = await attached(site, 'a');
    const heard = heardBy(first);
    await expect.poll(() => heard).toEqual(ids);
    await first.close();
    const third = await refused();
    const second = await attached(site, 'a');
    const rest = heardBy(second);
    await expect.poll(() => rest).toEqual([third]);
    const fourth = await refused();
    await expect.poll(() => rest).toEqual([third, fourth]);
    expect(heard).toEqual(ids);
    await Promise.all([monitor.close(), second.close(), b.close()]);
  });

  test('finds its letters when it comes back, and who follows it ends with it', async () => {
    await using site = await openSite();
    const [, b] = await Promise.all([site.up('a'), site.up('b')]);
    await site.must('status', '--count', '2', '--node', 'a');
    await site.must('letter', 'ls', '--node', 'a');
    await site.must('down', '--node', 'b');
    await b.ended;
    await site.must('letter', 'send', 'b', 'while you were off', '--node', 'a');
    await site.up('b');
    const following = site.start('letter', 'follow', '--node', 'b');
    expect(await nextLine(following)).toMatch(/while you were off$/);
    await site.must('down', '--node', 'b');
    expect(await following.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('a letter whose line could not be written comes again', async () => {
    await using site = await openSite();
    await Promise.all([site.up('a'), site.up('b')]);
    await site.must('status', '--count', '2', '--node', 'a');
    const following = site.start('letter', 'follow', '--node', 'b');
    // Nobody reads.
    following.process.stdout?.destroy();
    const id = (await site.must('letter', 'send', 'b', 'not lost', '--node', 'a')).trimEnd();
    await following.ended;
    expect(await site.must('letter', 'follow', '--count', '1', '--node', 'b')).toContain(
      `${id.slice(0, 8)} from a [letter] not lost`,
    );
  });
});
