// skein's roles with more than two nodes: one sender linked to all recipients, a chain of three, a mesh of 16.
// All without receipts; a sender that finds the way full waits until what it sent has left.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { perProcess } from '../../casts.mjs';
import { markedBody } from '../../check.mjs';
import { arrivals, arrivalsInAnyOrder, arrivalsOfMany } from '../../roles/arrivals.mjs';
import { addressOf, flood, openNode } from './nodes.mjs';

/**
 * A first message with a receipt. Who is more than one hop away may not have heard of the sender yet when the
 * sender has heard of it, and takes nothing of strangers; what has a receipt is repeated until it is known.
 */
const helloKind = 'hello';

const nameOf = (index, place) => `node-${index}-${place}`;

/** The recipients of one process, each a node of its own. */
async function openRecipients(work, handlers, options = {}) {
  const open = async (arrived, place) => {
    const { node, kind } = await openNode(work, nameOf(work.index, place), options);
    node.handle((message) => arrived(message.body), { kind });
    return node;
  };
  return Promise.all(handlers.map(open));
}

/** All of them linked to the sender, and to nobody else. */
export const fanOut = {
  receiver: async (work, tell) => {
    const handlers = arrivalsOfMany(work, tell, perProcess(work, work.index));
    const nodes = await openRecipients(work, handlers);
    tell('ready', { address: await Promise.all(nodes.map(addressOf)) });
  },
  sender: async (work) => {
    const { node, kind } = await openNode(work, 'sender', { connect: work.addresses.flat() });
    await node.ready({ links: work.recipients, count: work.recipients + 1 });
    await toAll(node, kind, work);
  },
};

/**
 * A mesh as it forms by itself, of the default degree: its nodes find each other in a folder of its own. In any
 * order, since routes may still change when the first messages are under way.
 */
export const broadcast = {
  receiver: async (work, tell) => {
    const folder = work.addresses[0] ?? mkdtempSync(join(work.shared.folder, 'mesh-'));
    const handlers = arrivalsOfMany(work, tell, perProcess(work, work.index), arrivalsInAnyOrder);
    await openRecipients(work, handlers, formed(folder));
    tell('ready', { address: folder });
  },
  sender: async (work) => {
    const { node, kind } = await openNode(work, 'sender', formed(work.addresses[0]));
    await node.ready({ count: work.recipients + 1, timeoutMs: 20_000 });
    await toAll(node, kind, work);
  },
};

function formed(folder) {
  return { degree: 3, discovery: true, udp: false, folder };
}

/** a-b-c: the sender is linked to the relay, the relay to the receiver. */
export const relay = {
  receiver: async (work, tell) => {
    const { node, kind } = await openNode(work, 'receiver');
    const arrived = arrivals(work, tell);
    node.handle((message) => arrived(message.body), { kind });
    node.handle(() => undefined, { kind: helloKind });
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
    await node.send('receiver', 'hello', { kind: helloKind });
    await flood(node, kind, 'receiver', work, withCredit(node));
  },
};

/**
 * A relay that cannot pass on as fast as it takes drops what it has no room for, and the sender does not hear of it:
 * `post` has no flow control beyond the first link. Hence a message with a receipt after so many, behind which the
 * sender is never more than three times as many ahead: half of what waits for one link.
 */
const perReceipt = 16_384;
const receiptsAhead = 2;

function withCredit(node) {
  const receipts = [];
  let asked = 0;
  return async (number) => {
    if (number - asked < perReceipt) return;
    asked = number;
    receipts.push(node.send('receiver', 'hello', { kind: helloKind }));
    if (receipts.length > receiptsAhead) await receipts.shift();
  };
}

/** So many are begun before the sender waits until they have left; each has a body of its own: `send` does not copy. */
const perTurn = 100;

async function toAll(node, kind, { bytes, count }) {
  await node.broadcast('hello', { kind: helloKind });
  const options = { kind, receipt: 'none' };
  for (let number = 0; number < count; ) {
    const sent = [];
    while (number < count && sent.length < perTurn)
      sent.push(node.broadcast(markedBody(number++, bytes), options));
    for (const { missingCount } of await Promise.all(sent))
      if (missingCount > 0) throw new Error(`a broadcast did not leave for ${missingCount} recipients`);
    await node.drained();
  }
}
