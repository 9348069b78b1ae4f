// js-libp2p with gossipsub: two peers over TCP with Noise and Yamux, publications unsigned (its fast setting; then
// a message's id is made from its body). It promises no order, so the receiver asks for none.
import { arrivalsInAnyOrder } from '../roles/arrivals.mjs';

export const title = 'js-libp2p gossipsub';
/** It uses Promise.withResolvers. */
export const needs = {
  node: 22,
  packages: [
    'libp2p',
    '@libp2p/gossipsub',
    '@libp2p/tcp',
    '@libp2p/identify',
    '@libp2p/yamux',
    '@chainsafe/libp2p-noise',
    '@multiformats/multiaddr',
  ],
};
export const share = 0.005;

const topic = 'bench';
/** As many as may be under way to the other peer before the publisher lets its loop turn. */
const perTurn = 50;

export const roles = { 'one-way': { receiver, sender } };

async function open() {
  const [{ createLibp2p }, { gossipsub }, { tcp }, { identify }, { yamux }, { noise }] = await Promise.all([
    import('libp2p'),
    import('@libp2p/gossipsub'),
    import('@libp2p/tcp'),
    import('@libp2p/identify'),
    import('@libp2p/yamux'),
    import('@chainsafe/libp2p-noise'),
  ]);
  const pubsub = gossipsub({ globalSignaturePolicy: 'StrictNoSign', msgIdFn });
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub },
  });
}

/** The number of a message and its last byte. */
function msgIdFn({ data }) {
  return Uint8Array.of(data[0], data[1], data[2], data[3], data.at(-1));
}

async function receiver(work, tell) {
  const peer = await open();
  const arrived = arrivalsInAnyOrder(work, tell);
  peer.services.pubsub.addEventListener('message', ({ detail }) => arrived(detail.data));
  peer.services.pubsub.subscribe(topic);
  tell('ready', { address: String(peer.getMultiaddrs()[0]) });
}

async function sender({ addresses, bytes, count }) {
  const { markedBody } = await import('../check.mjs');
  const { multiaddr } = await import('@multiformats/multiaddr');
  const peer = await open();
  const { pubsub } = peer.services;
  await peer.dial(multiaddr(addresses[0]));
  while (pubsub.getSubscribers(topic).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  for (let number = 0; number < count; number++) {
    const { recipients } = await pubsub.publish(topic, markedBody(number, bytes));
    if (recipients.length !== 1) throw new Error(`${recipients.length} recipients`);
    if (number % perTurn === 0) await new Promise(setImmediate);
  }
}
