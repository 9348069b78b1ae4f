/** The command line of tasks and workers, with real processes. Each site has a namespace, and so a swarm, of its own. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../src/features/tasks/api.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { type RunningCommand, Site } from './helpers.ts';
import { inTerminal, noTerminal, skein } from './in-terminal.ts';

const localTime = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`;
const anyId = /^[0-9a-f]{32}\n$/;

async function nextLine({ lines }: RunningCommand): Promise<string> {
  return (await lines.next()).value as string;
}

/** Until it is asked to stop. */
function stopped({ signal }: Job): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }),
  );
}

/** How long tasks of the service have taken, where one was done. */
const durations = expect.stringMatching(/^(the last \d+ tasks of|no task of) "/);

describe('tasks of two nodes, of which b works', () => {
  let site: Site;
  let b: SkeinNode;
  beforeAll(async () => {
    site = await Site.open(undefined, { SKEIN_NAMESPACE: `tasks-${process.pid}` });
    await Promise.all([site.up('a'), site.up('b')]);
    await site.must('status', '--count', '2', '--node', 'a');
    b = await attach({ control: join(site.folder, 'run', 'b.sock') });
    const machine = { cores: 4, memory: '8G', software: ['blender'], resources: { gpu: 1 } };
    const works = [
      b.tasks.work('render', async ({ input }: Job) => ({ rendered: input }), machine),
      b.tasks.work('copy', async ({ input }: Job) => input),
      b.tasks.work('fail', async () => {
        throw new Error('no\u001b[2J paper');
      }),
      b.tasks.work('endless', (job: Job) => {
        job.progress(0.25, 'frame\u001b[2J 1');
        return stopped(job);
      }),
    ];
    await Promise.all(works.map(({ opened }) => opened));
  });
  afterAll(async () => {
    await b?.close();
    await site.close();
  });

  const run = (...args: string[]) => site.run([...args, '--node', 'a']);
  const must = (...args: string[]): Promise<string> => site.must(...args, '--node', 'a');
  const json = <Value>(...args: string[]): Promise<Value> => site.json<Value>(...args, '--node', 'a');
  const order = async (...args: string[]): Promise<string> => {
    const printed = await must('task', 'order', ...args);
    expect(printed).toMatch(anyId);
    return printed.trimEnd();
  };
  const show = (id: string): Promise<Record<string, unknown>> => json('task', 'show', id);
  const untilItIs = (state: string, id: string) =>
    expect.poll(async () => (await show(id)).state).toBe(state);
  /** What one test has left is none of the next. */
  afterEach(async () => {
    for (const { id } of (await b.tasks.list({ states: ['waiting', 'queued', 'assigned', 'running'] })).tasks)
      await b.tasks.task(id).cancel();
    await expect
      .poll(async () => (await b.tasks.list({ states: ['assigned', 'running', 'cancelling'] })).tasks)
      .toEqual([]);
  });

  test('a task that is waited for prints its result', async () => {
    const needs = ['--cores', '4', '--memory', '8G', '--software', 'blender', '--resource', 'gpu=1'];
    expect(await must('task', 'order', 'render', '{"frame": 12}', ...needs, '--wait')).toBe(
      `${JSON.stringify({ rendered: { frame: 12 } }, null, 2)}\n`,
    );
    expect(await json('task', 'order', 'render', '12', '--on', 'b', '--not', 'a', '--wait')).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      ...{ isRepeat: false, result: { rendered: 12 } },
    });
  });

  test('the input is JSON, or text where it is none, or bytes, or null', async () => {
    const copied = (...args: string[]): Promise<string> => must('task', 'order', 'copy', ...args, '--wait');
    expect(await copied('[1,"2"]')).toBe('[\n  1,\n  "2"\n]\n');
    expect(await copied('{not JSON')).toBe('{not JSON\n');
    expect(await copied('42', '--text', '--json')).toContain('"result": "42"');
    expect(await copied()).toBe('null\n');
    const args = ['task', 'order', 'copy', '-', '--wait', '--node', 'a'];
    expect((await site.run(args, { input: 'a\n\u0000b' })).stdout).toBe('a\n\u0000b');
    expect((await site.run([...args, '--json-body'], { input: '{"a":1}' })).stdout).toBe('{\n  "a": 1\n}\n');
  });

  test('a wait for a task that fails ends with why, and with 1', async () => {
    const { exitCode, stdout, stderr } = await run('task', 'order', 'fail', '--wait');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^skein: task [0-9a-f]{32} is failed: no\P{Cc}*paper \(SKEIN_FAILED\)\n$/u);
  });

  test('Ctrl-C ends the wait and not the task, and says so', async () => {
    const waiting = site.start('task', 'order', 'endless', '--wait', '--node', 'a');
    const running = async () => (await b.tasks.list({ states: ['running'] })).tasks.map(({ id }) => id);
    await expect.poll(running).toHaveLength(1);
    const [id = ''] = await running();
    waiting.process.kill('SIGINT');
    expect(await waiting.ended).toEqual({
      ...{ exitCode: 1, stdout: '' },
      stderr: `skein: no longer waiting; task ${id} goes on: \`skein task show ${id.slice(0, 8)}\` shows how it is\n`,
    });
    expect(await show(id)).toMatchObject({ state: 'running', progress: 0.25 });
  });

  test('in a terminal a bar says how far a task is, and is gone at its end', async ({ skip }) => {
    if (noTerminal !== undefined) skip(noTerminal);
    const waiting = inTerminal(site, `${skein} task order endless --wait --node a`);
    let screen = '';
    const isShown = new Promise<void>((resolve) =>
      waiting.process.stdout?.on('data', (chunk: Buffer) => {
        screen += chunk.toString();
        if (/running at b {2}\[#{5} {15}\] {2}25% {2}frame\P{Cc}+1/u.test(screen)) resolve();
      }),
    );
    await isShown;
    const [task] = (await b.tasks.list({ states: ['running'] })).tasks;
    await must('task', 'cancel', task?.id as string);
    const { stdout } = await waiting.ended;
    const text = stdout.replaceAll('\r\u001b[K', '<cleared>');
    expect(text).toMatch(
      /<cleared>skein: task [0-9a-f]{32} is cancelled: cancelled by a \(SKEIN_ABORTED\)\r\n$/,
    );
    expect(text).not.toContain('\u001b[2J');
  });

  test('tasks are listed as a table, and those that are wanted as JSON', async () => {
    const before = Date.now();
    const first = await order('endless');
    await untilItIs('running', first);
    const second = await order('endless', '--priority', '1');
    const listed = await must('task', 'ls', '--state', 'queued,running');
    expect(listed).toMatch(/^ID +ORDERED +STATE +SERVICE +FROM +WORKER\n/);
    expect(listed).toMatch(
      new RegExp(`^${first.slice(0, 8)} +${localTime} +running 25% +endless +a +b$`, 'm'),
    );
    expect(listed).toMatch(new RegExp(`^${second.slice(0, 8)} +${localTime} +queued +endless +a +-$`, 'm'));
    const task = {
      ...{ id: first, n: expect.any(Number), from: 'a', service: 'endless', state: 'running', priority: 3 },
      ...{ orderedAt: expect.any(Number), startedAt: expect.any(Number), attempt: 1, attempts: 1 },
      ...{ fence: expect.any(Number), worker: 'b', reason: '', retryOf: '', parent: '' },
      ...{ inputBytes: 1, resultBytes: 0 },
      ...{ progress: 0.25, note: expect.stringMatching(/^frame.*1$/) },
    };
    const wanted = ['--service', 'endless', '--author', 'a', '--since', new Date(before).toISOString()];
    expect(await json('task', 'ls', ...wanted, '--worker', 'b')).toEqual([task]);
    // The newest.
    expect(await json('task', 'ls', ...wanted, '--limit', '1')).toMatchObject([{ id: second }]);
    expect(await json('task', 'ls', ...wanted, '--state', 'queued')).toEqual([
      expect.objectContaining({ id: second, priority: 1 }),
    ]);
    expect(await must('task', 'ls', '--author', 'b')).toBe('no tasks\n');
    expect(await must('task', 'ls', '--until', new Date(0).toISOString())).toBe('no tasks\n');
  });

  test('what is shown of a task is how it is, why it waits, and its result', async () => {
    const running = await order('endless');
    await untilItIs('running', running);
    const waits = await order('endless');
    expect(await must('task', 'show', waits.slice(0, 10))).toMatch(
      new RegExp(
        `^id +${waits}\nservice +endless\nstate +queued\nfrom +a\npriority +3\nordered +${localTime}\n` +
          'input +1 byte\n\nwhy it waits:\n {2}b runs 1 of 1 of "endless"\n {2}[^\n]+\n$',
      ),
    );
    expect(await show(waits)).toMatchObject({
      state: 'queued',
      why: ['b runs 1 of 1 of "endless"', durations],
    });
    expect(await must('task', 'show', running)).toMatch(/^state +running, 25%: frame\P{Cc}*1\n/mu);
    const after = await order('copy', 'x', '--after', running.slice(0, 12));
    expect(await must('task', 'show', after)).toMatch(
      /^state +waiting\n[\s\S]*\n {2}1 of the tasks that it waits for are not done\n$/m,
    );
    const done = await order('copy', 'the result');
    await untilItIs('done', done);
    const shown = await must('task', 'show', done);
    expect(shown).toMatch(/^attempt +1 of 1\n/m);
    expect(shown).toMatch(
      new RegExp(
        `^ended +${localTime} \\(it ran for \\w+\\)\ninput .*\nresult +11 bytes\n\nthe result\n$`,
        'm',
      ),
    );
    expect(await must('task', 'show', done, '--raw')).toBe('the result\n');
    expect(await show(done)).toMatchObject({ state: 'done', result: 'the result', worker: 'b' });
    expect(await run('task', 'show', running, '--raw')).toMatchObject({
      exitCode: 1,
      stderr: `skein: task ${running} has no result: it is running\n`,
    });
  });

  test('a task of several parts prints all results, and is shown with each part', async () => {
    expect(await must('task', 'order', 'copy', '--part', '1', '--part', 'two', '--wait')).toBe(
      '[\n  1,\n  "two"\n]\n',
    );
    const id = await order('endless', '--part', '1', '--part', '2');
    await untilItIs('running', id);
    const { parts } = await json<{ parts: { id: string }[] }>('task', 'show', id);
    const shown = await must('task', 'show', id);
    expect(shown).toMatch(/^state +running, 12%: 0 of 2 parts have ended\n/m);
    expect(shown).toMatch(
      new RegExp(`^PART +ID +STATE +SERVICE\n0 +${parts[0]?.id} +running +endless\n1 +`, 'm'),
    );
    expect(await must('task', 'show', parts[1]?.id ?? '')).toMatch(new RegExp(`^part of +${id}\n`, 'm'));
    expect(await run('task', 'order', 'copy', '1', '--part', '2')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('give an input or --part, and not both'),
    });
    await must('task', 'cancel', id);
    await untilItIs('cancelled', id);
  });

  test('a task that is watched says how it is until it has ended: with 0 where it is done', async () => {
    const running = await order('endless');
    await untilItIs('running', running);
    const watching = site.start('task', 'watch', running, '--node', 'a');
    expect(await nextLine(watching)).toMatch(/^running at b, 25%: frame\P{Cc}*1$/u);
    await must('task', 'cancel', running);
    const ended = await watching.ended;
    expect([ended.exitCode, ended.stderr]).toEqual([1, '']);
    expect(ended.stdout).toMatch(/\ncancelled at b.*: cancelled by a\n$/);
    const done = await order('copy', 'x');
    const { exitCode, stdout } = await run('task', 'watch', done, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) as string)).toEqual({
      ...{ id: done, state: 'done', attempt: 1, worker: 'b', reason: '' },
    });
  });

  test('tasks are cancelled, each of those that can be', async () => {
    const running = await order('endless');
    await untilItIs('running', running);
    const queued = await order('endless');
    const done = await order('copy', 'x');
    await untilItIs('done', done);
    const { exitCode, stdout, stderr } = await run('task', 'cancel', queued, done, running, '0'.repeat(32));
    expect(exitCode).toBe(1);
    expect(stdout).toBe(
      `${queued}  cancelled: it is not begun\n${running}  cancelled: its worker is asked to stop\n`,
    );
    expect(stderr).toMatch(
      new RegExp(
        `^skein: task ${done} has ended before \\(done\\): there is nothing to cancel\n` +
          'skein: the swarm has no task 0{32}: .*\n$',
      ),
    );
    await untilItIs('cancelled', running);
    const other = await order('endless');
    await untilItIs('running', other);
    expect(await json('task', 'cancel', other)).toEqual([{ id: other, outcome: 'stopping' }]);
  });

  test('a task that has failed is ordered again, and one that has ended is removed', async () => {
    const failed = await order('fail');
    await untilItIs('failed', failed);
    const [again] = await json<{ id: string; retryOf: string }[]>('task', 'retry', failed.slice(0, 12));
    expect(again).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), retryOf: failed });
    await untilItIs('failed', again?.id as string);
    expect(await must('task', 'show', again?.id as string)).toMatch(new RegExp(`^retry of +${failed}$`, 'm'));
    expect(await must('task', 'retry', failed)).toMatch(anyId);
    const running = await order('endless');
    const done = await order('copy', 'x');
    await untilItIs('done', done);
    await untilItIs('running', running);
    expect(await run('task', 'retry', running, done)).toEqual({
      ...{ exitCode: 1, stdout: '' },
      stderr:
        `skein: task ${running} has not ended, it is running: cancel it before it is ordered again\n` +
        `skein: task ${done} is done: only one that has ended otherwise is ordered again\n`,
    });
    expect(await run('task', 'rm', failed, running)).toEqual({
      ...{ exitCode: 1, stdout: `${failed}  removed\n` },
      stderr: `skein: task ${running} has not ended: cancel it before it is removed\n`,
    });
    expect(await json('task', 'rm', done)).toEqual([{ id: done }]);
    expect((await run('task', 'show', failed)).exitCode).toBe(1);
  });

  test('what no worker could ever run is refused, and waits with --queue', async () => {
    const { exitCode, stderr } = await run('task', 'order', 'render', '--cores', '64');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^skein: .*--queue.* \(SKEIN_INFEASIBLE\)\n$/);
    const id = await order('render', '--cores', '64', '--queue');
    expect(await show(id)).toMatchObject({ why: ['b has 4 cores, 64 are needed', durations] });
  });

  test('the same key is the same task; with another input it is refused', async () => {
    const first = await json<{ id: string }>('task', 'order', 'copy', 'x', '--key', 'k');
    expect(await json('task', 'order', 'copy', 'x', '--key', 'k')).toEqual({ id: first.id, isRepeat: true });
    expect((await run('task', 'order', 'copy', 'y', '--key', 'k')).stderr).toMatch(/ \(SKEIN_\w+\)\n$/);
  });

  test('a task is not begun before its time, and expires after its deadline', async () => {
    const later = await order('copy', 'x', '--not-before', '1h');
    expect(await show(later)).toMatchObject({
      ...{ state: 'waiting', why: [expect.stringMatching(/^it waits for 3[56]\d\d s more$/)] },
    });
    const late = await order('copy', 'x', '--not-before', '1h', '--deadline', '61m');
    expect(await show(late)).toMatchObject({ state: 'waiting' });
    expect(await run('task', 'order', 'copy', 'x', '--deadline', '2020-01-01T00:00')).toMatchObject({
      ...{
        exitCode: 1,
        stderr: expect.stringMatching(/^skein: the deadline 20.* is over.*\(SKEIN_EXPIRED\)\n$/),
      },
    });
    const slow = await run('task', 'order', 'endless', '--timeout', '50ms', '--wait');
    expect(slow).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/\(SKEIN_FAILED\)\n$/) });
  });

  test('workers are listed with why they would not, shown, and drained', async () => {
    const listed = await must('worker', 'ls');
    expect(listed).toMatch(/^WORKER {2}TASKS {2}CORES {2}MEMORY +LOAD +DONE +FAILED +MEAN +AVAILABLE\n/);
    expect(listed).toMatch(/\nb +0 +4\/4 +8G\/8G +\d+% +\d+ +\d+ +\w+ +yes\n$/);
    expect(await must('worker', 'ls', '--service', 'render', '--cores', '8')).toMatch(
      /\nb +0 +4\/4 .* no\n\nwhy not now:\n {2}b has 4 cores, 8 are needed\n$/,
    );
    expect(await json('worker', 'ls', '--software', 'blender', '--resource', 'gpu=2')).toEqual([
      expect.objectContaining({ name: 'b', isHere: true, tasks: 0, whyNot: 'has 1 "gpu", 2 are needed' }),
    ]);
    const running = await order('endless');
    await untilItIs('running', running);
    const shown = await must('worker', 'show', 'b');
    expect(shown).toMatch(
      /^worker +b\nstate +here\navailable +yes\ntasks +1, .*\ncores +4 of 4 free\nmemory +8G of 8G free\n/,
    );
    expect(shown).toMatch(/^software +blender\nresources +gpu=1\nload +\d+%\nmachine .*\ndone +\d+, \w+ on/m);
    expect(shown).toMatch(/\nfailed +\d+\n\nSERVICE +AT A TIME +QUEUE\n(?:\w+ +1 +0\n){4}\nID /);
    expect(await must('task', 'services')).toMatch(
      /^SERVICE .*\n(?:.*\n)*endless +0 +- +1 +- +- +0 +b\n(?:.*\n)*$/,
    );
    expect(shown).toMatch(
      new RegExp(`^${running.slice(0, 8)} +${localTime} +running 25% +endless +a +b$`, 'm'),
    );
    expect(await json('worker', 'show', 'b')).toEqual({
      worker: expect.objectContaining({ name: 'b', tasks: 1 }),
      tasks: [expect.objectContaining({ id: running })],
    });
    expect(await run('worker', 'show', 'c')).toMatchObject({
      ...{ exitCode: 1, stderr: 'skein: c has never been a worker: those that were here are b\n' },
    });

    expect(await must('worker', 'drain', 'b')).toBe('b  finishes what it has, and takes nothing new\n');
    await expect.poll(() => must('worker', 'ls')).toMatch(/^ {2}b is draining$/m);
    const waits = await order('copy', 'x');
    expect(await show(waits)).toMatchObject({ state: 'queued', why: ['b is draining', durations] });
    expect(await show(running)).toMatchObject({ state: 'running' });
    expect(await json('worker', 'drain', 'b', '--now')).toEqual({ worker: 'b', how: 'now' });
    await untilItIs('queued', running);
    expect(await must('worker', 'drain', 'b', '--off')).toBe('b  takes tasks again\n');
    await untilItIs('done', waits);
    await untilItIs('running', running);
    expect(await run('worker', 'drain', 'c')).toMatchObject({
      ...{ exitCode: 1, stderr: expect.stringMatching(/"c".* \(SKEIN_UNKNOWN_NODE\)\n$/) },
    });
  });

  test.each<[string, RegExp]>([
    ['task', /say which: skein task order, ls, show, watch, services, cancel, retry, rm/],
    ['worker', /say which: skein worker ls, show, drain/],
    ['task order', /missing required argument 'service'/],
    ['task order a/b --node a', /service/],
    ['task order copy {x --json-body', /the body is not JSON/],
    ['task order copy x --text --json-body', /'--text' cannot be used with option '--json-body'/],
    ['task order copy --cores 0', /argument '0' is invalid. Expected a whole number of at least 1/],
    ['task order copy --cores 1.5', /argument '1.5' is invalid. Expected a whole number/],
    ['task order copy --cores -2', /argument '-2' is invalid. Expected a whole number/],
    ['task order copy --memory 8Q', /argument '8Q' is invalid. Expected bytes, or a size such as 512M or 8G/],
    ['task order copy --resource gpu', /argument 'gpu' is invalid. Expected KIND=N, such as gpu=1/],
    ['task order copy --resource gpu=1 --resource gpu=2', /gpu is there twice/],
    ['task order copy --software a,', /Expected one or more, with commas between them/],
    [
      'task order copy --priority 4',
      /argument '4' is invalid. Expected 1 \(front\), 2 \(middle\) or 3 \(end\)/,
    ],
    ['task order copy --not-before soon', /argument 'soon' is invalid. Expected a duration such as 30m/],
    ['task order copy --timeout soon', /argument 'soon' is invalid. Expected a duration/],
    ['task order copy --on b --not b --node a', /it may run on b alone, and not there/],
    ['task order copy --after abc --node a', /"abc" is not the id of a task: write 4 to 32/],
    ['task ls --state lost,gone', /argument 'lost,gone' is invalid. Allowed choices are waiting, queued,/],
    ['task ls --author a/b --node a', /author: a name has 1 to 64 of/],
    ['task show abc --node a', /"abc" is not the id of a task: write 4 to 32 hexadecimal digits/],
    ['task show abcd --raw --json --node a', /give --raw or --json, and not both/],
    ['task rm', /missing required argument 'id'; usage: skein task rm \[options\] <id\.\.\.>/],
    ['worker drain b --now --off', /'--now' cannot be used with option '--off'/],
    ['worker drain a/b --node a', /a name has 1 to 64 of/],
  ])('skein %s is wrong input', async (line, problem) => {
    const { exitCode, stdout, stderr } = await site.run(line.split(' '));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(problem);
    expect(stderr).toMatch(/^skein: [^\n]*\n$/);
  });

  test('an input above 1 MiB is refused with the limit', async () => {
    const args = ['task', 'order', 'copy', '-', '--node', 'a'];
    expect(await site.run(args, { input: 'x'.repeat(1024 * 1024 + 1) })).toMatchObject({
      ...{ exitCode: 1, stdout: '' },
      stderr: expect.stringMatching(/1048576.*\(SKEIN_TOO_LARGE\)\n$/),
    });
  });

  test('an id that nobody knows is one line, and exit code 1', async () => {
    for (const command of ['show', 'watch', 'cancel', 'retry', 'rm'])
      expect(await run('task', command, '0'.repeat(32))).toEqual({
        ...{ exitCode: 1, stdout: '' },
        stderr: expect.stringMatching(/^skein: the swarm has no task 0{32}: `skein task ls` lists .*\n$/),
      });
  });
});
