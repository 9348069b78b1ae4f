// cote: a Requester and a Responder, which find each other by its UDP discovery. Its requests are JSON, so the body
// travels as base64. Its logs are off, as it advises for production.
import { isIntact, markedBody, numberOf } from '../check.mjs';
import { coldStart } from '../roles/cold-start.mjs';
import { requestsInFlight } from '../roles/in-flight.mjs';
import { askInTurn } from '../roles/round-trips.mjs';

export const title = 'cote';
export const needs = { packages: ['cote'] };
export const share = 0.3;

const type = 'echo';
const basePort = 18_000;
const broadcast = '127.255.255.255';

export const roles = {
  'requests-in-turn': {
    receiver,
    sender: async (work, tell) => askInTurn(work, tell, asker(await open(work))),
  },
  requests: {
    receiver,
    sender: async (work, tell) => requestsInFlight(work, tell, asker(await open(work))),
  },
  'cold-start': {
    receiver,
    sender: (work, tell) =>
      coldStart(
        work,
        tell,
        () => open(work),
        async (requester) => {
          const answer = await asker(requester)(markedBody(1, work.bytes));
          if (!isIntact(answer, 1, work.bytes)) throw new Error('the first answer is damaged');
        },
      ),
  },
};

/** Only components with one key meet: those of this run. */
async function load(key) {
  const { default: cote } = await import('cote');
  return cote({ key, log: false, broadcast });
}

async function receiver({ bytes }, tell) {
  const key = `bench-${process.pid}`;
  const { Responder } = await load(key);
  const responder = new Responder({ name: 'receiver', key, port: basePort });
  responder.on(type, (request, answer) => {
    const body = Buffer.from(request.body, 'base64');
    if (isIntact(body, numberOf(body), bytes)) answer(null, body.toString('base64'));
    else answer(new Error('damaged'));
  });
  await new Promise((resolve) => responder.sock.on('bind', resolve));
  tell('ready', { address: key });
}

/** Ready once it has found the responder. */
async function open({ addresses }) {
  const [key] = addresses;
  const { Requester } = await load(key);
  const requester = new Requester({ name: 'sender', key });
  await new Promise((resolve) => requester.sock.on('connect', resolve));
  return requester;
}

function asker(requester) {
  return async (body) => {
    const request = { type, body: Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64') };
    return Buffer.from(await requester.send(request), 'base64');
  };
}
