// A thumbnail farm whose workers crash. Three workers, each a process of its own, make thumbnails of pictures; two of them
// are killed in the middle of their work. To make a thumbnail twice does no harm, so that its task runs elsewhere as soon
// as its worker is gone, and in the end every thumbnail is there.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createNode, service } from 'skein';

const Thumbnail = service('thumbnail', { idempotent: true });
const [role, folder = '', name = ''] = process.argv.slice(2);
if (role === 'worker') await work();
else await author(mkdtempSync(join(tmpdir(), 'thumbnails-')));

/** @param {string} name @param {string} place */
function nodeOf(name, place) {
  // Nodes of one user and namespace share a store; this one is nobody else's.
  const namespace = `thumbnails-${place.slice(-6)}`;
  return createNode({
    name,
    namespace,
    store: join(place, 'swarm.sqlite'),
    identity: join(place, `${name}.identity`),
  });
}

async function work() {
  const node = await nodeOf(name, folder);
  node.tasks.work(Thumbnail, async (job) => {
    const { from, to } = /** @type {{ from: string, to: string }} */ (job.input);
    await setTimeout(100, undefined, { signal: job.signal });
    // Whole or not at all, also where another one writes it: two attempts may overlap where a worker was only cut off.
    const own = `${to}.${job.fence}`;
    writeFileSync(own, halved(readFileSync(from)));
    renameSync(own, to);
    return to;
  });
  process.once('disconnect', () => process.exit());
}

/** @param {string} place */
async function author(place) {
  mkdirSync(join(place, 'pictures'));
  mkdirSync(join(place, 'thumbnails'));
  const pictures = Array.from({ length: 24 }, (_, i) => `${i}.ppm`);
  for (const [i, picture] of pictures.entries()) writeFileSync(join(place, 'pictures', picture), drawn(i));

  const node = await nodeOf('author', place);
  const start = (/** @type {string} */ name) => fork(fileURLToPath(import.meta.url), ['worker', place, name]);
  const workers = ['w1', 'w2', 'w3'].map(start);
  await node.ready({ nodes: ['w1', 'w2', 'w3'], timeoutMs: 60_000 });

  const tasks = await node.tasks.orderMany(
    pictures.map((picture) => ({
      service: Thumbnail,
      input: { from: join(place, 'pictures', picture), to: join(place, 'thumbnails', picture) },
      ifInfeasible: 'queue',
    })),
  );
  console.log(`ordered ${tasks.length} thumbnails`);

  // Two workers crash, each once it has begun with something.
  for (const victim of ['w1', 'w2']) {
    while ((await node.tasks.list({ states: ['running'], worker: victim })).tasks.length === 0)
      await setTimeout(20);
    workers[Number(victim.slice(1)) - 1]?.kill('SIGKILL');
    console.log(`${victim} was killed while it was at work`);
  }

  const made = await Promise.all(tasks.map((task) => task.result()));
  const there = made.filter((to) => existsSync(/** @type {string} */ (to)));
  console.log(`${there.length} thumbnails are there`);
  const views = await Promise.all(tasks.map((task) => task.status()));
  const again = views.filter((view) => (view?.attempt ?? 0) > 1).length;
  console.log(again > 0 ? 'some were begun twice' : 'none was begun twice');

  const ended = Promise.all(workers.slice(2).map((worker) => once(worker, 'exit')));
  for (const worker of workers.slice(2)) worker.disconnect();
  await ended;
  await node.close();
  rmSync(place, { recursive: true });
}

/** A picture of 64 x 64, as PPM: a header of text, and three bytes for each point. @param {number} seed */
function drawn(seed) {
  const points = Buffer.alloc(64 * 64 * 3);
  for (let at = 0; at < points.length; at++) points[at] = (at * (seed + 1)) % 256;
  return Buffer.concat([Buffer.from('P6\n64 64\n255\n'), points]);
}

/** Half as wide and half as high: of each four points the mean. @param {Buffer} ppm */
function halved(ppm) {
  const [, width = 0, height = 0] = (/^P6\n(\d+) (\d+)\n255\n/.exec(ppm.toString('latin1')) ?? []).map(
    Number,
  );
  const points = ppm.subarray(ppm.length - width * height * 3);
  const small = Buffer.alloc((width / 2) * (height / 2) * 3);
  const at = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ color) =>
    points[(y * width + x) * 3 + color] ?? 0;
  for (let i = 0; i < small.length; i++) {
    const color = i % 3;
    const [x, y] = [2 * (((i - color) / 3) % (width / 2)), 2 * Math.floor((i - color) / 3 / (width / 2))];
    small[i] = (at(x, y, color) + at(x + 1, y, color) + at(x, y + 1, color) + at(x + 1, y + 1, color)) / 4;
  }
  return Buffer.concat([Buffer.from(`P6\n${width / 2} ${height / 2}\n255\n`), small]);
}
