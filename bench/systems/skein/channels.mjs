// skein's roles with channels: over a link between the two, through one relay, and to a reader that stands still.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { arrivingBlocks, writeBlocks } from '../../roles/blocks.mjs';
import { addressOf, openNode } from './nodes.mjs';

async function acceptOne(node) {
  for await (const request of node.pairs()) {
    const channel = request.accept();
    // The sender's process ends when its work is done.
    channel.on('error', () => undefined);
    return channel;
  }
}

function receive(node, work, tell) {
  const accepted = acceptOne(node);
  return accepted.then((channel) => channel.on('data', arrivingBlocks(work, tell)));
}

async function pairWith(node) {
  await node.ready({ nodes: ['receiver'] });
  const channel = await node.pair('receiver');
  channel.on('error', () => undefined);
  return channel;
}

export const channel = {
  receiver: async (work, tell) => {
    const { node } = await openNode(work, 'receiver');
    void receive(node, work, tell);
    tell('ready', { address: await addressOf(node) });
  },
  sender: async (work) => {
    const { node } = await openNode(work, 'sender', { connect: work.addresses });
    await writeBlocks(await pairWith(node), work);
  },
};

/** Nobody can be dialed but by the address that the work hands on: what is announced leads nowhere. */
const nowhere = { advertise: ['127.0.0.1:1'] };

export const channelRelay = {
  receiver: async (work, tell) => {
    const address = `127.0.0.1:${await freePort()}`;
    const { node } = await openNode(work, 'receiver', { listen: address, ...nowhere });
    void receive(node, work, tell);
    tell('ready', { address });
  },
  relay: async (work, tell) => {
    const { node } = await openNode(work, 'relay', { connect: work.addresses });
    await node.ready({ nodes: ['receiver'] });
    tell('ready', { address: await addressOf(node) });
  },
  sender: async (work) => {
    const { node } = await openNode(work, 'sender', { connect: work.addresses.slice(1), ...nowhere });
    const paired = await pairWith(node);
    if (paired.path !== 'mesh') throw new Error('the way is not through the relay');
    await writeBlocks(paired, work);
  },
};

/** What both ends hold once nothing moves any more. */
export const channelStill = {
  receiver: async (work, tell) => {
    const { node } = await openNode(work, 'receiver');
    void acceptOne(node).then(async (channel) => {
      const before = held();
      await untilStill(() => channel.counters.receivedBytes);
      const { waitingBytes } = channel.counters;
      const figures = { window: waitingBytes / 1e6, receiver: held() - before };
      tell('done', { figures, verified: 1 });
    });
    tell('ready', { address: await addressOf(node) });
  },
  sender: async (work, tell) => {
    const { node } = await openNode(work, 'sender', { connect: work.addresses });
    const channel = await pairWith(node);
    const before = held();
    void writeBlocks(channel, work);
    await untilStill(() => channel.counters.writtenBytes);
    tell('done', { figures: { sender: held() - before }, verified: 1 });
  },
};

/** MB, without what waits to be collected. */
function held() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

const stillMs = 1000;

async function untilStill(count) {
  for (let last = -1; count() !== last || last === 0; ) {
    last = count();
    await new Promise((resolve) => setTimeout(resolve, stillMs));
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
