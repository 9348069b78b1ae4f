// A program that is no node itself: it posts its metrics through the node that runs on this machine.
//   skein up                                   (on each machine)
//   skein listen --kind metrics                (on the one that collects)
//   node examples/metrics.mjs COLLECTOR [NODE] (NODE: which one of this machine, where there are several)
import { setTimeout as sleep } from 'node:timers/promises';
import { attach, kind } from 'skein';

const [collector, name] = process.argv.slice(2);
if (collector === undefined) {
  console.error('usage: node examples/metrics.mjs COLLECTOR [NODE]');
  process.exit(2);
}
/** @import { Kind } from 'skein' */
/** @type {Kind<{ pid: number, residentBytes: number, uptimeSeconds: number }>} */
const Metrics = kind('metrics');
const intervalMs = 200;
const rounds = 5;

const node = await attach(name === undefined ? {} : { node: name });
await node.ready({ nodes: [collector], timeoutMs: 10_000 });
for (let round = 0; round < rounds; round++) {
  const { rss } = process.memoryUsage();
  const metrics = { pid: process.pid, residentBytes: rss, uptimeSeconds: process.uptime() };
  // No receipt: the next figures come soon, and a slow collector must not hold this program up.
  if (!node.post(collector, metrics, { kind: Metrics })) console.warn('left out: too much is waiting');
  await sleep(intervalMs);
}
await node.drained();
await node.close();
console.log(`posted ${rounds} times to ${collector} through ${node.name}`);
