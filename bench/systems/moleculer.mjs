// Moleculer: two brokers over its TCP transporter, which are told of each other by address, as skein's nodes are.
// Bodies as bytes by its CBOR serializer, the fast one of those that it documents; logger and validator are off.
import { createServer } from 'node:net';
import { isIntact, markedBody, numberOf } from '../check.mjs';
import { coldStart } from '../roles/cold-start.mjs';
import { requestsInFlight } from '../roles/in-flight.mjs';
import { askInTurn } from '../roles/round-trips.mjs';

export const title = 'Moleculer';
export const needs = { packages: ['moleculer', 'cbor-x'] };
export const share = 0.25;

const action = 'echo.body';

export const roles = {
  'requests-in-turn': {
    receiver,
    sender: async (work, tell) => askInTurn(work, tell, asker(await openAsker(work))),
  },
  requests: {
    receiver,
    sender: async (work, tell) => requestsInFlight(work, tell, asker(await openAsker(work))),
  },
  'cold-start': {
    receiver,
    sender: (work, tell) =>
      coldStart(
        work,
        tell,
        () => open('sender', work.addresses),
        async (opened) => {
          await opened.broker.waitForServices('echo', 20_000, 10);
          const answer = await asker(opened)(markedBody(1, work.bytes));
          if (!isIntact(answer, 1, work.bytes)) throw new Error('the first answer is damaged');
        },
      ),
  },
};

async function open(nodeID, others = [], service) {
  const { default: moleculer } = await import('moleculer');
  const port = await freePort();
  const urls = [`127.0.0.1:${port}/${nodeID}`, ...others];
  const broker = new moleculer.ServiceBroker({
    nodeID,
    logger: false,
    validator: false,
    serializer: 'CBOR',
    transporter: { type: 'TCP', options: { udpDiscovery: false, useHostname: false, port, urls } },
  });
  if (service !== undefined) broker.createService(service);
  await broker.start();
  return { broker, address: urls[0] };
}

async function receiver({ bytes }, tell) {
  const body = ({ params }) => {
    if (!isIntact(params.body, numberOf(params.body), bytes)) throw new Error('damaged');
    return params.body;
  };
  const { address } = await open('receiver', [], { name: 'echo', actions: { body } });
  tell('ready', { address });
}

async function openAsker({ addresses }) {
  const opened = await open('sender', addresses);
  await opened.broker.waitForServices('echo', 20_000, 10);
  return opened;
}

function asker({ broker }) {
  return (body) => broker.call(action, { body });
}

/** The transporter wants its own port among the addresses: it cannot pick one. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
