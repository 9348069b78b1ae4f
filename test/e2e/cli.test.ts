import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import type {
  Explanation,
  NodeInfo,
  NodeStatus,
  SendResult,
  SkeinNode,
  Topology,
} from '../../src/node/node.ts';
import { type RunningNode, Site } from './helpers.ts';

describe('two nodes on one machine', () => {
  let site: Site;
  let a: RunningNode;
  let b: RunningNode;

  beforeAll(async () => {
    site = await Site.open();
    [a, b] = await Promise.all([site.up('a'), site.up('b')]);
    await site.must('status', '--wait', '--count', '2', '--node', 'a');
    await site.must('status', '--wait', '--count', '2', '--node', 'b');
  });
  afterAll(() => site.close());

  test('say where they listen', () => {
    expect(a.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(b.name).toBe('b');
  });

  test('status tells people and programs the same', async () => {
    expect(await site.must('status', '--node', 'a')).toMatch(/^name +a\n[\s\S]*\nb +127\.0\.0\.1:\d+ +/m);
    const status = await site.json<NodeStatus>('status', '--node', 'a');
    expect(status).toMatchObject({ name: 'a', nodeCount: 2, pid: a.process.pid, addresses: [a.address] });
  });

  test('a message is listened for, sent and traced', async () => {
    const listening = site.start('listen', '--node', 'b', '--kind', 'job', '--count', '1');
    const body = '{"frames":[1,2]}';
    const sent = await site.must('send', 'b', body, '--json-body', '--kind', 'job', '--trace', '--node', 'a');
    expect(sent).toBe('b  delivered\n');
    const { value: line } = await listening.lines.next();
    expect(JSON.parse(line as string)).toMatchObject({
      from: 'a',
      kind: 'job',
      recipients: ['b'],
      route: ['a', 'b'],
      body: { frames: [1, 2] },
    });
    expect((await listening.ended).exitCode).toBe(0);
  });

  test('standard input is sent as bytes, to all', async () => {
    const listening = site.start('listen', '--node', 'b', '--kind', 'raw', '--count', '1');
    const args = ['send', '@all', '-', '--kind', 'raw', '--node', 'a'];
    expect(await site.run(args, { input: 'abc' })).toMatchObject({ exitCode: 0, stdout: 'b  delivered\n' });
    const { value: line } = await listening.lines.next();
    expect(JSON.parse(line as string)).toMatchObject({ body: { $bytes: 'YWJj' } });
    await listening.ended;
  });

  describe('call', () => {
    let worker: SkeinNode;
    beforeAll(async () => {
      worker = await createNode({ name: 'worker', discovery: false, key: false, connect: [a.address] });
      worker.respond('echo', ({ input, from }) => (input === 'who' ? { asked: from } : input));
      worker.respond('fail', () => {
        throw Object.assign(new Error('no \u001b[31mpaper'), { code: 'E_PAPER' });
      });
      await worker.ready({ nodes: ['a'] });
      await site.must('status', '--node', 'a', '--wait', '--count', '3');
    });
    afterAll(() => worker.close());

    test('prints what came back: text as text, bytes as bytes, the rest as JSON', async () => {
      expect(await site.must('call', 'echo', 'hello', '--node', 'a')).toBe('hello\n');
      expect(await site.must('call', 'echo', 'who', '--node', 'a')).toBe('{\n  "asked": "a"\n}\n');
      expect(await site.must('call', 'echo', '[1,2]', '--json-body', '--json', '--node', 'a')).toBe(
        '{\n  "output": [\n    1,\n    2\n  ]\n}\n',
      );
      const options = ['--to', 'worker', '--timeout', '5s', '--idempotent', '--node', 'a'];
      const piped = await site.run(['call', 'echo', '-', ...options], { input: 'a\nb' });
      expect(piped).toEqual({ exitCode: 0, stdout: 'a\nb', stderr: '' });
      expect(await site.must('call', 'echo', '--node', 'a')).toBe('null\n');
    });

    test('and node ls says who offers what', async () => {
      const listed = await site.must('node', 'ls', '--node', 'a');
      expect(listed).toMatch(/^NAME +STATE +HOPS +LINKS +NAMESPACE +SERVICES +ADDRESSES +FOR\n/);
      expect(listed).toMatch(/^worker +up +1 +\d +default +echo, fail +127/m);
      expect(listed).toMatch(/^a +this node +0 +\d +default +- +127/m);
    });

    test('says in one line why nothing came back', async () => {
      const said = async (...args: string[]): Promise<string> => {
        const { exitCode, stdout, stderr } = await site.run(['call', ...args, '--node', 'a']);
        expect([exitCode, stdout]).toEqual([exitCode === 2 ? 2 : 1, '']);
        expect(stderr).toMatch(/^skein: [^\n]*\n$/);
        return stderr;
      };
      expect(await said('fail')).toBe(
        'skein: fail at worker: no \\u001b[31mpaper (E_PAPER) (SKEIN_FAILED)\n',
      );
      expect(await said('nothing', '1')).toMatch(/no node in reach offers nothing \(SKEIN_NO_SERVICE\)/);
      expect(await said('echo', '1', '--to', 'b')).toMatch(/b does not offer echo/);
      expect(await said('echo', '1', '--strategy', 'best')).toMatch(/strategy: expected one of nearest, /);
      expect(await said('echo', '1', '--strategy', 'sticky')).toMatch(/sticky needs a key/);
      expect(await said('no good', '1')).toMatch(/service: a name has 1 to 64/);
    });
  });

  test('whoever is missing is named with the reason, and the exit code is 1', async () => {
    const text = await site.run(['send', 'nobody', 'hi', '--node', 'a', '--timeout', '2s']);
    expect(text.exitCode).toBe(1);
    expect(text.stdout).toMatch(/^nobody {2}missing: no route/);
    const json = await site.run(['send', 'nobody', 'hi', '--node', 'a', '--timeout', '2s', '--json']);
    expect(JSON.parse(json.stdout) as SendResult).toMatchObject({
      delivered: [],
      missing: [{ node: 'nobody', reason: 'no-route' }],
    });
  });

  test('the mesh is shown, drawn and routed', async () => {
    expect(await site.json<Topology>('mesh', 'show', '--node', 'a')).toEqual({ a: ['b'], b: ['a'] });
    expect(await site.must('mesh', 'show', '--node', 'a')).toContain('2 nodes, 1 link');
    expect(await site.must('mesh', 'dot', '--node', 'a')).toContain('"a" -- "b"');
    expect(await site.must('mesh', 'route', 'b', '--node', 'a')).toBe('b (1 hop)\n');
  });

  test('nodes are listed and shown', async () => {
    const nodes = await site.json<NodeInfo[]>('node', 'ls', '--node', 'a');
    expect(nodes.map((node) => node.name).sort()).toEqual(['a', 'b']);
    expect(await site.must('node', 'show', 'b', '--node', 'a')).toMatch(/^state +up for /m);
    const unknown = await site.run(['node', 'show', 'zz', '--node', 'a']);
    expect(unknown).toMatchObject({ exitCode: 1, stdout: '' });
    expect(unknown.stderr).toMatch(/^skein: no node named zz is known.*\(SKEIN_UNKNOWN_NODE\)\n$/);
  });

  test('why answers in sentences', async () => {
    expect(await site.must('why', 'zz', '--node', 'a')).toContain('zz');
    const explanation = await site.json<Explanation>('why', '--node', 'a');
    expect(explanation.summary).not.toBe('');
  });

  test('settings change while the node runs', async () => {
    expect(await site.must('node', 'set', 'degree', '5', '--node', 'a')).toMatch(/^degree +5$/m);
    expect(await site.must('node', 'set', 'sync-period', '2s', '--node', 'a')).toMatch(/^sync-period +2s$/m);
  });

  test('a node says that it takes no work, and that nobody is at it', async () => {
    const set = (word: string, value: string): Promise<string> =>
      site.must('node', 'set', word, value, '--node', 'b');
    expect(await set('available', 'no')).toMatch(/^available +no\nactive +yes$/m);
    expect(await set('active', 'no')).toMatch(/^available +no\nactive +no$/m);
    await expect
      .poll(() => site.must('node', 'ls', '--node', 'a'), { timeout: 10_000 })
      .toMatch(/^b +up, not available, not active +1 /m);
    expect(await site.must('node', 'show', 'b', '--node', 'a')).toMatch(
      /^state +up, not available, not active for /m,
    );
    expect(await site.json<object[]>('node', 'ls', '--node', 'a')).toMatchObject([
      { name: 'a', available: true, active: true },
      { name: 'b', available: false, active: false },
    ]);
    const wrong = await site.run(['node', 'set', 'available', 'maybe', '--node', 'b']);
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
    expect(wrong.stderr).toBe('skein: set: available: expected yes or no, got "maybe"\n');
    await set('available', 'yes');
    await set('active', 'yes');
  });

  test('hanging up and dialing', async () => {
    const linked = await site.run(['node', 'dial', b.address, '--node', 'a']);
    expect(linked).toMatchObject({ exitCode: 1 });
    expect(linked.stderr).toContain('SKEIN_ALREADY_CONNECTED');
    await site.must('node', 'hangup', 'b', '--node', 'a');
    expect((await site.run(['node', 'hangup', 'b', '--node', 'a'])).stderr).toContain('SKEIN_NOT_LINKED');
    expect(await site.must('node', 'dial', b.address, '--node', 'a')).toBe(`linked to b at ${b.address}\n`);
  });

  test('with several nodes none is guessed', async () => {
    const { exitCode, stderr } = await site.run(['status']);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'skein: several nodes run on this machine: say --node NAME with one of a, b (SKEIN_AMBIGUOUS)\n',
    );
    const chosen = await site.run(['status', '--json'], { env: { SKEIN_NODE: 'b' } });
    expect(JSON.parse(chosen.stdout)).toMatchObject({ name: 'b' });
  });

  test('a name in use is refused', async () => {
    await expect(site.up('a')).rejects.toThrow(/SKEIN_NAME_TAKEN/);
    const { exitCode, stderr, stdout } = await site.run(['up', '--name', 'a']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('three nodes in a row, without discovery', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
    const middle = await site.up('b', '--no-discovery', '--degree', '0');
    const seed = ['--no-discovery', '--degree', '0', '--connect', middle.address];
    await Promise.all([site.up('a', ...seed), site.up('c', ...seed)]);
    for (const name of ['a', 'b', 'c']) await site.must('status', '--count', '3', '--node', name);
  });
  afterAll(() => site.close());

  test('the one in the middle can be asked what passes through it', async () => {
    const snooping = site.start('mesh', 'snoop', '--node', 'b', '--json', '--count', '1');
    const line = snooping.lines.next();
    // Nobody tells when the snooping has begun: messages pass until one was seen.
    let seen = false;
    void snooping.ended.then(() => {
      seen = true;
    });
    while (!seen) await site.must('send', 'c', 'over there', '--node', 'a', '--trace');
    expect(JSON.parse((await line).value as string)).toMatchObject({
      from: 'a',
      recipients: ['c'],
      via: 'a',
      body: 'over there',
    });
    expect(await site.must('mesh', 'route', 'c', '--node', 'a')).toBe('b -> c (2 hops)\n');
  });

  test('a large body of standard input arrives whole', async () => {
    const size = 20 * 1024 * 1024;
    const listening = site.start('listen', '--node', 'c', '--kind', 'large', '--count', '1');
    const args = ['send', 'c', '-', '--kind', 'large', '--node', 'a', '--timeout', '20s'];
    const sent = await site.run(args, { input: 'x'.repeat(size), timeoutMs: 25_000 });
    expect(sent).toMatchObject({ exitCode: 0, stdout: 'c  delivered\n' });
    const { body } = JSON.parse((await listening.lines.next()).value as string) as {
      body: { $bytes: string };
    };
    expect(Buffer.from(body.$bytes, 'base64').equals(Buffer.alloc(size, 'x'))).toBe(true);
    await listening.ended;
  });
});

describe('the end of a node', () => {
  test('SIGTERM and SIGINT leave gracefully, within two seconds, with exit code 0', async () => {
    await using site = await Site.open();
    const nodes = await Promise.all([site.up('a'), site.up('b'), site.up('c')]);
    // All linked to all: in a chain the end that is cut off would not hear the other's goodbye.
    const triangle = { a: ['b', 'c'], b: ['a', 'c'], c: ['a', 'b'] };
    await expect.poll(() => site.json('mesh', 'show', '--node', 'c'), { timeout: 10_000 }).toEqual(triangle);
    for (const [node, signal] of [
      [nodes[0], 'SIGTERM'],
      [nodes[1], 'SIGINT'],
    ] as const) {
      const before = performance.now();
      node.process.kill(signal);
      expect(await node.ended).toMatchObject({ exitCode: 0, stderr: '' });
      expect(performance.now() - before).toBeLessThan(2000);
    }
    const left = await site.json<NodeInfo[]>('node', 'ls', '--all', '--node', 'c');
    expect(
      left
        .filter((node) => node.left)
        .map((node) => node.name)
        .sort(),
    ).toEqual(['a', 'b']);
    expect(readdirSync(join(site.folder, 'run')).sort()).toEqual(['c.json', 'c.sock']);
  });

  test('down returns once the process is gone, and the name is free again', async () => {
    await using site = await Site.open();
    const first = await site.up('a');
    expect(await site.must('down')).toBe('a has left\n');
    expect((await first.ended).exitCode).toBe(0);
    await site.up('a');
    expect(await site.json('down')).toEqual({ node: 'a' });
  });

  test('a killed node leaves an entry and a socket, which whoever looks next removes; its next life is well', async () => {
    await using site = await Site.open();
    const first = await site.up('a');
    first.process.kill('SIGKILL');
    await first.ended;
    expect(existsSync(join(site.folder, 'run', 'a.sock'))).toBe(true);
    expect(await site.run(['status'])).toMatchObject({ exitCode: 1 });
    // Whoever looks removes what it has left.
    expect(readdirSync(join(site.folder, 'run'))).toEqual([]);
    await site.up('a');
    expect(await site.json<NodeStatus>('status')).toMatchObject({ name: 'a' });
  });

  test('with --while-stdin it leaves when its parent is gone', async () => {
    await using site = await Site.open();
    const node = await site.up('a', '--while-stdin');
    node.process.stdin?.end();
    expect((await node.ended).exitCode).toBe(0);
  });

  test('listeners end with the node, without an error', async () => {
    await using site = await Site.open();
    const [node] = await Promise.all([site.up('a'), site.up('b')]);
    await site.must('status', '--wait', '--node', 'b');
    const listening = site.start('listen', '--node', 'a');
    await site.must('send', 'a', 'hi', '--node', 'b');
    await listening.lines.next();
    node.process.kill('SIGTERM');
    expect(await listening.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('without a node', () => {
  test('a command says how to start one', async () => {
    await using site = await Site.open();
    expect(await site.run(['status'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'skein: no node runs on this machine: start one with `skein up` (SKEIN_NOT_RUNNING)\n',
    });
  });

  test('status --wait waits for it to start', async () => {
    await using site = await Site.open();
    const waiting = site.run(['status', '--wait', '--count', '1', '--json']);
    await site.up('late');
    expect(JSON.parse((await waiting).stdout)).toMatchObject({ name: 'late' });
  });

  test('status --wait that waits in vain says what is missing', async () => {
    await using site = await Site.open();
    await site.up('alone');
    const { exitCode, stderr } = await site.run(['status', '--count', '3', '--timeout', '300ms']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^skein: .*\(SKEIN_TIMEOUT\)\n$/);
  });
});

describe('settings', () => {
  test('come from the configuration file where nothing else says otherwise', async () => {
    await using site = await Site.open();
    const file = join(site.environment().XDG_CONFIG_HOME as string, 'skein', 'config.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ namespace: 'lab', degree: 7 }));
    await site.up('a', '--degree', '2');
    const status = await site.json<NodeStatus>('status');
    expect(status).toMatchObject({ namespace: 'lab', settings: { degree: 2 } });
  });

  test('discovery is turned off by a variable or the file as well as by the flag, which beats them', async () => {
    await using site = await Site.open(undefined, { SKEIN_DISCOVERY: 'false' });
    const file = join(site.folder, 'off.json');
    writeFileSync(file, JSON.stringify({ discovery: false }));
    await site.up('by-variable');
    await site.up('by-flag', '--discovery');
    await using other = await Site.open();
    await other.up('by-file', '--config', file);
    const off = /UDP discovery is off/;
    expect(await site.must('why', '--node', 'by-variable')).toMatch(off);
    expect(await other.must('why')).toMatch(off);
    expect(await site.must('why', '--node', 'by-flag')).not.toMatch(off);
  });

  test('a control socket may lie anywhere, and a living one is not taken', async () => {
    await using site = await Site.open();
    const control = join(site.folder, 'my.sock');
    await site.up('a', '--control', control);
    expect(await site.must('status', '--control', control, '--json')).toContain('"a"');
    const { exitCode, stderr } = await site.run(['up', '--name', 'b', '--control', control]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/a living node has its control socket at .*\(SKEIN_ADDRESS_IN_USE\)\n$/);
  });
});

describe('wrong input is one line that says what is wrong and what is accepted, and exit code 2', () => {
  test.concurrent.each<[string, RegExp]>([
    ['stauts', /unknown command 'stauts' \(Did you mean status\?\); commands: up, down, status/],
    ['node', /say which: skein node ls, show, dial, hangup, set/],
    ['node lst', /unknown command 'lst'.*; commands: ls, show/],
    ['status --jsno', /unknown option '--jsno' \(Did you mean --json\?\); accepted: --node, /],
    ['send a', /missing required argument 'body'; usage: skein send \[options\] <nodes> <body>/],
    ['status a b', /too many arguments/],
    ['up --degree many', /--degree: expected a whole number from 0 to 1024/],
    ['up --listen nowhere', /--listen: "nowhere" is not an address: .*write 127/],
    ['up --listen 0.0.0.0:0', /--insecure.*SKEIN_PROTECTED/],
    ['up --name a/b', /--name: a name has 1 to 64 of/],
    ['up --config /nowhere/c.json', /cannot be read \(ENOENT\): name one with --config/],
    ['status --timeout soon', /'--timeout <duration>' argument 'soon' is invalid. Expected a duration/],
    ['listen --count 0', /Expected a whole number of at least 1/],
    ['node set speed 3', /set: unknown setting "speed": accepted are sync-period, degree, send-timeout/],
    ['send a {x --json-body', /the body is not JSON/],
    ['sim --nodes 1', /--nodes: 1 is not a whole number from 2/],
    ['sim --loss 200', /^skein: --loss: 200 is not a number from 0 to 50$/m],
    ['sim --loss -1', /Expected a number of at least 0/],
    ['sim --rate 0', /^skein: --rate: 0 is not a number from /],
    ['sim --faults flood', /^skein: --faults: "flood" is none of partition, /],
    ['sim --nodes 2 --minutes 0 --svg -', /--svg: - cannot be written: .*name a file/],
    ['status --node=', /--node: a name has at least one character/],
    ['status --control=', /--control: a path has at least one character/],
    ['status --control /dev/null', /--control: \/dev\/null is no socket/],
    ['send a, x', /nodes: one of "a," has no name; say NODE/],
    ['up --control /nonexistent/x.sock', /there is no folder \/nonexistent; make it, or choose another path/],
  ])('skein %s', async (line, problem) => {
    await using site = await Site.open();
    const { exitCode, stdout, stderr } = await site.run(line.split(' '));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(problem);
    expect(stderr).toMatch(/^skein: [^\n]*\n$/);
  });
});

test('a body that is too large is refused as that while it is read', async () => {
  await using site = await Site.open();
  const input = 'x'.repeat(64 * 1024 * 1024 + 1);
  expect(await site.run(['send', 'a', '-'], { input })).toEqual({
    exitCode: 1,
    stdout: '',
    stderr:
      'skein: the body: standard input has more than the 67108864 bytes of one message; send it in parts (SKEIN_TOO_LARGE)\n',
  });
});

describe('help', () => {
  test('every command has an example, and fits 80 columns', async () => {
    await using site = await Site.open();
    /** A command and all below it, each with its help. */
    const pages = async (words: readonly string[]): Promise<[string, string][]> => {
      const text = await site.must(...words, '--help');
      const [, list = ''] = text.split('\nCommands:\n');
      const below = [...(list.split('\n\n')[0]?.matchAll(/^ {2}([a-z]\S*)/gm) ?? [])].map(
        ([, name]) => name as string,
      );
      const deeper = await Promise.all(
        below.filter((name) => name !== 'help').map((name) => pages([...words, name])),
      );
      return [[words.join(' '), text], ...deeper.flat()];
    };
    const all = await pages([]);
    expect(all.map(([name]) => name)).toEqual(expect.arrayContaining(['', 'up', 'mesh snoop', 'compat vee']));
    for (const [name, text] of all) {
      const wide = text.split('\n').filter((line) => line.length > 80);
      expect(wide, name).toEqual([]);
      // Of a group, its commands have them.
      if (!text.includes('\nCommands:\n')) expect(text, name).toMatch(/\nExamples?:\n {2}\$ \S/);
    }
  });

  test('the version is that of the package', async () => {
    await using site = await Site.open();
    expect(await site.must('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
