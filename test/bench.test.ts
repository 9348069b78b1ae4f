/**
 * The benchmark's harness, with so few messages that it takes seconds: that each piece of work can be played, and
 * that a run in which a message is missing or damaged fails. Never how fast anything is.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { bench, clear, folder, load, play, type System, works } from './bench-play.ts';

const { casts } = await load('casts.mjs');
const { loadSystems, plays } = await load('matrix.mjs');
afterAll(clear);

test('each shape of work has a system that plays it, and every role that its cast asks for', async () => {
  const systems = await loadSystems();
  for (const work of works) {
    const playing = systems.filter((system: System) => plays(system, work));
    expect(playing.length, work.name).toBeGreaterThan(0);
    for (const { name, roles } of playing) {
      for (const { role } of casts[work.shape].parts)
        expect(roles[work.shape][role], `${name}: ${work.name}: ${role}`).toBeInstanceOf(Function);
    }
  }
});

test('skein with and without a key and the raw limit play one-way and there and back, side by side', async () => {
  const systems = await loadSystems(['raw', 'skein', 'skein-tls']);
  const { results, failures } = await play(['one-way-128', 'round-trip'], systems);
  expect(failures).toEqual([]);
  expect(results.map(({ work, figure, system }) => `${work} ${figure} ${system}`)).toEqual([
    ...['raw', 'skein', 'skein-tls'].map((system) => `one-way-128 rate ${system}`),
    ...['p50', 'p99', 'p999'].flatMap((figure) =>
      ['raw', 'skein', 'skein-tls'].map((system) => `round-trip ${figure} ${system}`),
    ),
  ]);
  expect(Object.keys(results.at(-1)?.ratios ?? {})).toEqual(['raw', 'skein']);
  for (const { median } of results) expect(median).toBeGreaterThan(0);
});

/** A system made of raw's roles, of which the sender or receiver has a fault. */
async function faulty(name: string, roles: string) {
  const file = join(folder, `${name}.mjs`);
  const import_ = (module: string) => JSON.stringify(new URL(module, bench).href);
  writeFileSync(
    file,
    `import net from 'node:net';
     import { roles as raw } from ${import_('systems/raw.mjs')};
     export const title = '${name}';
     const oneWay = raw['one-way'];
     const echo = raw['round-trip'];
     export const roles = ${roles};`,
  );
  const [system] = await loadSystems([{ name, url: pathToFileURL(file) }]);
  return system;
}

/** A receiver behind a socket that changes a byte of what passes at \`place\`. */
const damagingAt = (place: number) => `async (work, tell) => {
  oneWay.receiver(work, (type, said) => {
    if (type !== 'ready') return tell(type, said);
    let passed = 0;
    const between = net.createServer((from) => {
      const to = net.connect(said.address, '127.0.0.1');
      from.on('data', (chunk) => {
        const at = ${place} - passed;
        if (at >= 0 && at < chunk.length) chunk[at] ^= 1;
        passed += chunk.length;
        to.write(chunk);
      });
    });
    between.listen(0, '127.0.0.1', () => tell('ready', { address: between.address().port }));
  });
}`;

test('a run in which a message is missing fails, and says how many came', async () => {
  const losing = await faulty(
    'losing',
    `{ 'one-way': { ...oneWay, sender: (work) => oneWay.sender({ ...work, count: work.count - 1 }) } }`,
  );
  const { results, failures } = await play(['one-way-128'], [losing]);
  expect(results).toEqual([]);
  expect(failures).toEqual([
    {
      work: 'one-way-128',
      system: 'losing',
      message: 'losing: 199 of 200 arrived intact at the receiver (one-way-128)',
    },
  ]);
});

test('a run in which a message is damaged fails', async () => {
  // The last byte of the third body, of frames of 4 and 128 bytes.
  const damaging = await faulty(
    'damaging',
    `{ 'one-way': { ...oneWay, receiver: ${damagingAt(3 * 132 - 1)} } }`,
  );
  const { failures } = await play(['one-way-128'], [damaging]);
  expect(failures.map(({ message }) => message)).toEqual([
    'damaging: 199 of 200 arrived intact at the receiver (one-way-128)',
  ]);
});

test('an answer that never comes, a process that ends and a damaged answer each fail their run', async () => {
  const mute = await faulty(
    'mute',
    `{ 'round-trip': { ...echo, receiver: (work, tell) =>
      void net.createServer(() => undefined).listen(0, '127.0.0.1', function () {
        tell('ready', { address: this.address().port });
      }) } }`,
  );
  const ending = await faulty(
    'ending',
    `{ 'round-trip': { ...echo, sender: () => { throw new Error('no more'); } } }`,
  );
  const garbling = await faulty(
    'garbling',
    `{ 'round-trip': { ...echo, receiver: (work, tell) =>
      void net.createServer((socket) => socket.on('data', (chunk) => { chunk[131] ^= 1; socket.write(chunk); }))
        .listen(0, '127.0.0.1', function () { tell('ready', { address: this.address().port }); }) } }`,
  );
  const [silent, faulted] = await Promise.all([
    play(['round-trip'], [mute], { deadlineMs: 1500 }),
    play(['round-trip'], [ending, garbling]),
  ]);
  expect([silent.results, faulted.results]).toEqual([[], []]);
  const [first, second, third] = [...silent.failures, ...faulted.failures].map(({ message }) => message);
  expect(first).toBe('mute: round-trip has not ended after 1500 ms');
  expect(second).toMatch(/^ending: its sender ended with code 1:\n(.*\n)*.*no more/);
  expect(third).toBe('garbling: 0 of 200 arrived intact at the sender (round-trip)');
});

test('the reports name every system and work, with what is left out and what failed', async () => {
  const { markdown } = await load('report/markdown.mjs');
  const { svg } = await load('report/svg.mjs');
  const { table } = await load('report/table.mjs');
  const { withRatios } = await load('statistics.mjs');
  const figure = {
    work: 'one-way-128',
    title: 'one-way, <128 B>',
    figure: 'rate',
    label: '',
    better: 'more',
  };
  const spread = { unit: 'messages/s', min: 1, max: 4_000_000, rounds: 3 };
  const report = {
    date: '2026-01-02',
    environment: { node: '20.19.0', cores: 2, platform: 'linux x64' },
    versions: { zeromq: '6.8.0' },
    rounds: 3,
    results: withRatios([
      { ...figure, ...spread, system: 'raw', median: 2_000_000 },
      { ...figure, ...spread, system: 'skein-tls', median: 1_000_000 },
      { ...figure, ...spread, system: 'libzmq', median: 800_000 },
    ]),
    leftOut: [{ system: 'nats', reason: 'no nats-server here' }],
    failures: [{ work: 'heap', system: 'cote', message: 'it has none' }],
  };
  expect(table(report)).toMatch(/skein-tls +1,000,000 messages\/s +\(1-4,000,000\) +0\.50 x raw/);
  expect(markdown(report)).toContain('| raw | 2,000,000 (1-4,000,000) |');
  expect(markdown(report)).toContain('messages/s | 2 M | 1 M | 800 k | 0.50 x |  | 1.25 x (libzmq) |');
  for (const text of [table(report), markdown(report)]) {
    expect(text).toContain('nats is left out: no nats-server here');
    expect(text).toContain('cote FAILED at heap: it has none');
  }
  expect(svg(report)).toContain('one-way, &lt;128 B&gt;');
});

test('npm run bench prints JSON alone when asked, and says what it does not know', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['bench/run.mjs', ...args], { encoding: 'utf8' });
  const { status, stdout } = run(
    ...['--quick', '--json', '--only', 'round', '--systems', 'skein-tls', '--before', '.'],
  );
  expect(status).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ quick: true, rounds: 1, failures: [], leftOut: [] });
  expect(report.results.map(({ system }: { system: string }) => system)).toContain('before');
  expect(run('--before', '/nonexistent').stderr).toMatch(
    /^--before \/nonexistent: there is no dist\/index.js/,
  );
  expect(run('--only', 'teleport')).toMatchObject({ status: 2, stdout: '' });
  expect(run('--systems', 'pigeons').stderr).toMatch(/^there is no system "pigeons"; there are: raw, /);
});
