// Runs skein and the raw limit in turn on the same work, rounds interleaved, sender and receiver in
// processes of their own, and prints medians with their spread. Each run verifies that every message
// arrived, whole and in order. `npm run bench` (add `-- --quick` for a short round, `--json` for JSON).
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, rounds: { type: 'string' } },
});

const rounds = Number(flags.rounds ?? (flags.quick ? 3 : 7));
const works = [
  {
    name: 'one-way 128 B',
    work: 'one-way',
    bytes: 128,
    count: flags.quick ? 2_000_000 : 10_000_000,
    unit: 'msgs/s',
  },
  {
    name: 'one-way 64 KiB',
    work: 'one-way',
    bytes: 65_536,
    count: flags.quick ? 20_000 : 60_000,
    unit: 'msgs/s',
    // Raw batches are of this very size: there is nothing to gather.
    systems: ['skein', 'skein-tls'],
  },
  {
    name: 'sequential round trip 128 B',
    work: 'round-trip',
    bytes: 128,
    count: flags.quick ? 10_000 : 30_000,
    unit: 'us',
  },
];
const systems = ['raw', 'skein', 'skein-tls'];
const child = fileURLToPath(new URL('./child.mjs', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'skein-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const keyFile = join(folder, 'keys');
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
execFileSync(process.execPath, [program, 'key', 'new', '--key-file', keyFile]);

const results = [];
for (const work of works) {
  const compared = work.systems ?? systems;
  const samples = new Map(compared.map((system) => [system, []]));
  for (let round = 0; round < rounds; round++) {
    for (const system of compared) samples.get(system).push(await measure(system, work));
  }
  for (const system of compared)
    results.push({ work: work.name, unit: work.unit, system, ...spread(samples.get(system)) });
}
for (const result of results) {
  const of = (system) => results.find((other) => other.work === result.work && other.system === system);
  if (of('raw') !== undefined) result.ratioToRaw = result.median / of('raw').median;
  if (result.system === 'skein-tls') result.ratioToPlain = result.median / of('skein').median;
}
if (flags.json) console.log(JSON.stringify({ node: process.version, rounds, results }, null, 2));
else printTable(results);

/** One run: a receiver and a sender process; the figure is what the sender (round trip) or receiver (one-way) measured. */
async function measure(system, work) {
  if (system === 'skein-tls') work = { ...work, keyFile };
  const receiver = start(system, 'receiver', work);
  try {
    const { address } = await receiver.next('listening');
    const sender = start(system, 'sender', { ...work, address });
    try {
      const timer = work.work === 'one-way' ? receiver : sender;
      const { figure, verified } = await timer.next('done');
      if (verified !== work.count)
        throw new Error(`${system}: ${verified} of ${work.count} messages arrived intact`);
      return figure;
    } finally {
      await sender.stop();
    }
  } finally {
    await receiver.stop();
  }
}

function start(system, role, work) {
  const process_ = fork(child, [system, role, JSON.stringify(work)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise((resolve) => process_.once('exit', resolve));
  return {
    next: (type) =>
      new Promise((resolve, reject) => {
        process_.on('message', (message) => message.type === type && resolve(message));
        process_.once('exit', (code) => reject(new Error(`${system} ${role} ended with code ${code}`)));
      }),
    stop: async () => {
      process_.kill('SIGKILL');
      await exited;
    },
  };
}

function spread(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return { median, min: sorted[0], max: sorted.at(-1), rounds: samples.length };
}

function printTable(rows) {
  console.log(`node ${process.version}, ${rounds} rounds, median (min-max)`);
  for (const { work, unit, system, median, min, max, ratioToRaw, ratioToPlain } of rows) {
    const ratios = Object.entries({ raw: ratioToRaw, plain: ratioToPlain })
      .filter(([, ratio]) => ratio !== undefined)
      .map(([name, ratio]) => `${ratio.toFixed(2)} x ${name}`);
    const digits = unit === 'us' ? 1 : 0;
    const range = `${min.toFixed(digits)}-${max.toFixed(digits)}`;
    console.log(
      `${work.padEnd(30)} ${system.padEnd(9)} ${median.toFixed(digits).padStart(12)} ${unit.padEnd(7)} (${range})  ${ratios.join(', ')}`,
    );
  }
}
