// The nodes of a swarm for the works with letters and tasks: a broker with a store of its own on the disk, and members that
// find it. The broker answers for itself: how long its loop's turns are, and what it costs.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { addressOf, openNode } from './nodes.mjs';

const service = 'bench.broker';

const resolutionMs = 1;
let swarms = 0;

/** What the broker has said: its `address`, `namespace`, the `folder` of its store, and its `pid`. */
export function swarmOf(work) {
  return JSON.parse(work.addresses[0]);
}

/** A new store, in a namespace of its own: its nodes find no others. */
export async function beBroker(work, tell) {
  const folder = mkdtempSync(join(work.shared.folder, 'letters-'));
  const namespace = `bench-${process.pid}-${++swarms}`;
  const opened = await openBroker(work, { folder, namespace });
  const { pid } = process;
  const swarm = { address: await addressOf(opened.node), folder, namespace, pid };
  tell('ready', { address: JSON.stringify(swarm) });
  return { ...opened, swarm };
}

/** The first that uses the swarm is its broker. `openedMs`: until its store has answered. */
export async function openBroker(work, { folder, namespace }) {
  const { node } = await openNode(work, 'broker', { namespace, ...filesIn(folder, 'broker'), ...work.more });
  const startedAt = performance.now();
  await node.swarm.nodes();
  const openedMs = performance.now() - startedAt;
  const turns = monitorEventLoopDelay({ resolution: resolutionMs });
  turns.enable();
  const processorUs = processorTime();
  node.respond(service, () => {
    const longest = Math.max(0, turns.percentile(99) / 1e6 - resolutionMs);
    turns.reset();
    return { longest, processorUs: processorUs() };
  });
  return { node, openedMs };
}

/** Nothing of a run is left in the state folder of its user. */
function filesIn(folder, name) {
  return { store: join(folder, 'swarm.sqlite'), identity: join(folder, `${name}.identity`) };
}

/** A member of the swarm whose broker has said `ready`, and the next broker, perhaps. */
export async function openMember(work, name, more = {}) {
  const { address, namespace, folder } = swarmOf(work);
  const connect = [address, ...work.addresses.slice(1)].filter((each) => each !== undefined && each !== null);
  const { node } = await openNode(work, name, { namespace, ...filesIn(folder, name), connect, ...more });
  await node.ready({ services: [service] });
  return node;
}

/** What is returned says how many microseconds of all cores this process has used since it was called last. */
export function processorTime() {
  let before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    return user + system;
  };
}

/**
 * Both since it was asked last. `longest`: in ms, what 99 % of the turns of its loop have not exceeded. `processorUs`: of
 * all its threads.
 */
export function askBroker(node) {
  return node.request(service, null);
}

/** Nobody needs the store any more: its disk is given back before the next round. */
export function removeStore(work) {
  rmSync(swarmOf(work).folder, { recursive: true, force: true });
}
