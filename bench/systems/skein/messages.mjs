// skein's roles with messages between two nodes: `post` one-way and there and back, `send` with receipts.
import { makeBody, markedBody } from '../../check.mjs';
import { arrivals, nowUs, rateSince, warmUp } from '../../roles/arrivals.mjs';
import { promisesInFlight } from '../../roles/in-flight.mjs';
import { pacedReceiver, pacedSender } from '../../roles/paced.mjs';
import { pingPong } from '../../roles/round-trips.mjs';
import { addressOf, flood, openNode } from './nodes.mjs';

export const oneWay = {
  receiver: async (work, tell) => {
    const { node, kind } = await openNode(work, 'receiver');
    const arrived = arrivals(work, tell);
    node.handle((message) => arrived(message.body), { kind });
    tell('ready', { address: await addressOf(node) });
  },
  sender: async (work) => {
    const { node, kind } = await openSender(work);
    await flood(node, kind, 'receiver', work);
  },
};

export const acknowledged = {
  receiver: oneWay.receiver,
  sender: async (work, tell) => {
    const { node, kind } = await openSender(work);
    if (work.variant === 'count') return counted(node, kind, work, tell);
    const send = async (body) => (await node.send('receiver', body, { kind })).deliveredCount === 1;
    await promisesInFlight(work, tell, send);
  },
};

/** `batch`: no promise for each. */
async function counted(node, kind, { bytes, count, inFlight }, tell) {
  const batch = node.batch('receiver', { kind, inFlight });
  const warm = warmUp(count);
  let startedAt = 0;
  for (let number = 0; number < count; ) {
    if (number === warm) startedAt = nowUs();
    if (batch.add(markedBody(number, bytes))) number++;
    else await batch.room();
  }
  const { delivered } = await batch.done();
  tell('done', { figures: { rate: rateSince(startedAt, count) }, verified: delivered });
}

export const roundTrip = {
  receiver: async (work, tell) => {
    const { node, kind } = await openNode(work, 'receiver');
    node.handle((message) => void node.post(message.from, message.body, { kind }), { kind });
    tell('ready', { address: await addressOf(node) });
  },
  sender: async (work, tell) => {
    const { node, kind } = await openSender(work);
    const { begin, echoed } = pingPong(work, tell, (body) => node.post('receiver', body, { kind }));
    node.handle((message) => echoed(message.body), { kind });
    begin();
  },
};

export const halfLoad = {
  receiver: async (work, tell) => {
    const { node, kind } = await openNode(work, 'receiver');
    const arrived = pacedReceiver(work, (body) => void node.post('sender', body, { kind }));
    node.handle((message) => arrived(message.body), { kind });
    tell('ready', { address: await addressOf(node) });
  },
  sender: async (work, tell) => {
    const { node, kind } = await openSender(work);
    const send = (body) => node.post('receiver', body, { kind });
    const one = makeBody(work.bytes);
    const { begin, echoed } = pacedSender(work, tell, { send, makeBody: () => one });
    node.handle((message) => echoed(message.body), { kind });
    begin();
  },
};

/** The receiver collects all garbage before the first message and after the last. */
export const heap = {
  receiver: async (work, tell) => {
    const { node, kind } = await openNode(work, 'receiver');
    const arrived = arrivals(work, (type, report) => {
      const after = heapMegabytes();
      tell(type, { ...report, figures: { before, after } });
    });
    node.handle((message) => arrived(message.body), { kind });
    const before = heapMegabytes();
    tell('ready', { address: await addressOf(node) });
  },
  sender: oneWay.sender,
};

async function openSender(work) {
  const opened = await openNode(work, 'sender', { connect: work.addresses });
  await opened.node.ready({ nodes: ['receiver'] });
  return opened;
}

function heapMegabytes() {
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1e6;
}
