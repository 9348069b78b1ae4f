// skein's roles with more than two nodes: one sender linked to all recipients, a chain of three, a mesh of 16.
// All without receipts; a sender that finds the way full waits until what it sent has left.
import { perProcess } from '../../casts.mjs';
import { markedBody } from '../../check.mjs';
import { arrivals, arrivalsOfMany } from '../../roles/arrivals.mjs';
import { addressOf, flood, openNode } from './nodes.mjs';

const nameOf = (index, place) => `node-${index}-${place}`;

/** The recipients of one process, each a node of its own; `more(place, opened)` are its options. */
async function openRecipients(work, tell, more) {
  const handlers = arrivalsOfMany(work, tell, perProcess(work, work.index));
  const nodes = [];
  for (const [place, arrived] of handlers.entries()) {
    const { node, kind } = await openNode(work, nameOf(work.index, place), await more(nodes));
    node.handle((message) => arrived(message.body), { kind });
    nodes.push(node);
  }
  return nodes;
}

/** All of them linked to the sender, and to nobody else. */
export const fanOut = {
  receiver: async (work, tell) => {
    const nodes = await openRecipients(work, tell, () => ({}));
    tell('ready', { address: await Promise.all(nodes.map(addressOf)) });
  },
  sender: async (work) => {
    const { node, kind } = await openNode(work, 'sender', { connect: work.addresses.flat() });
    await node.ready({ links: work.recipients, count: work.recipients + 1 });
    await toAll(node, kind, work);
  },
};

/** A mesh as it forms by itself, of the default degree, from seeds instead of broadcasts on the wire. */
export const broadcast = {
  receiver: async (work, tell) => {
    const seeds = async (nodes) => ({
      degree: 3,
      connect: [...work.addresses, ...(await Promise.all(nodes.slice(-1).map(addressOf)))],
    });
    const nodes = await openRecipients(work, tell, seeds);
    tell('ready', { address: await addressOf(nodes[0]) });
  },
  sender: async (work) => {
    const { node, kind } = await openNode(work, 'sender', { degree: 3, connect: work.addresses });
    await node.ready({ count: work.recipients + 1, timeoutMs: 20_000 });
    await toAll(node, kind, work);
  },
};

/** a-b-c: the sender is linked to the relay, the relay to the receiver. */
export const relay = {
  receiver: async (work, tell) => {
    const { node, kind } = await openNode(work, 'receiver');
    const arrived = arrivals(work, tell);
    node.handle((message) => arrived(message.body), { kind });
    tell('ready', { address: await addressOf(node) });
  },
  relay: async (work, tell) => {
    const { node } = await openNode(work, 'relay', { connect: work.addresses });
    await node.ready({ nodes: ['receiver'] });
    tell('ready', { address: await addressOf(node) });
  },
  sender: async (work) => {
    const { node, kind } = await openNode(work, 'sender', { connect: work.addresses.slice(1) });
    await node.ready({ nodes: ['receiver'] });
    const hops = await node.route('receiver');
    if (hops.length !== 2) throw new Error(`the way is ${hops.join(', ')}`);
    await flood(node, kind, 'receiver', work);
  },
};

/** A turn takes so many; each is a body of its own, since `send` does not copy. */
const perTurn = 100;

async function toAll(node, kind, { bytes, count }) {
  const options = { kind, receipt: 'none' };
  for (let number = 0; number < count; ) {
    const { missingCount } = await node.broadcast(markedBody(number, bytes), options);
    if (missingCount > 0) throw new Error(`broadcast ${number} did not leave for ${missingCount} recipients`);
    if (++number % perTurn === 0) await node.drained();
  }
}
