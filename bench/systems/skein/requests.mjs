// skein's roles with requests: `respond` with a handler that verifies and answers with what it got, `request`.
// A cold start is one as well: a node that starts, and asks one that runs.
import { isIntact, markedBody, numberOf } from '../../check.mjs';
import { coldStart } from '../../roles/cold-start.mjs';
import { requestsInFlight } from '../../roles/in-flight.mjs';
import { askInTurn } from '../../roles/round-trips.mjs';
import { addressOf, openNode } from './nodes.mjs';

const service = 'echo';

async function receiver(work, tell) {
  const { node } = await openNode(work, 'receiver');
  node.respond(service, ({ input }) => {
    if (!isIntact(input, numberOf(input), work.bytes)) throw new Error('damaged');
    return input;
  });
  tell('ready', { address: await addressOf(node) });
}

async function openAsker(work) {
  const { node } = await openNode(work, 'sender', { connect: work.addresses });
  await node.ready({ services: [service] });
  return node;
}

export const requests = {
  receiver,
  sender: async (work, tell) => {
    const node = await openAsker(work);
    await requestsInFlight(work, tell, (body) => node.request(service, body));
  },
};

export const requestsInTurn = {
  receiver,
  sender: async (work, tell) => {
    const node = await openAsker(work);
    await askInTurn(work, tell, (body) => node.request(service, body));
  },
};

export const start = {
  receiver,
  sender: (work, tell) =>
    coldStart(
      work,
      tell,
      async () => {
        const { node } = await openNode(work, 'sender', { connect: work.addresses });
        await node.ready();
        return node;
      },
      async (node) => {
        await node.ready({ services: [service] });
        const answer = await node.request(service, markedBody(1, work.bytes));
        if (!isIntact(answer, 1, work.bytes)) throw new Error('the first answer is damaged');
      },
    ),
};
