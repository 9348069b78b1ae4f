// zeromq.js, its own addon: PUSH/PULL one-way, REQ/REP one at a time, DEALER/ROUTER many at once. The addon is the
// one that ships inside the package; nothing is compiled. A socket keeps a body until it has left: each is a new one.
import { isIntact, markedBody, numberOf } from '../check.mjs';
import { arrivals } from '../roles/arrivals.mjs';
import { coldStart } from '../roles/cold-start.mjs';
import { countInFlight, promisesInFlight, requestsInFlight } from '../roles/in-flight.mjs';
import { pacedReceiver, pacedSender } from '../roles/paced.mjs';
import { askInTurn } from '../roles/round-trips.mjs';

export const title = 'zeromq.js';
export const needs = { packages: ['zeromq'] };
export const share = 0.12;

const anyPort = 'tcp://127.0.0.1:*';
const empty = new Uint8Array(0);
/** Messages that may wait at each end before a sender waits; by default 1,000. */
const highWaterMark = 10_000;

export const roles = {
  'one-way': { receiver: pull, sender: push },
  acknowledged: { receiver: pullAndAnswer, sender: sendAcknowledged },
  'requests-in-turn': {
    receiver: reply,
    sender: async (work, tell) => askInTurn(work, tell, await requester(work)),
  },
  requests: {
    receiver: (work, tell) => route(work, tell, (body) => echoOf(body, work)),
    sender: async (work, tell) => requestsInFlight(work, tell, await dealer(work)),
  },
  'half-load': { receiver: pullPaced, sender: pushPaced },
  'cold-start': {
    receiver: reply,
    sender: (work, tell) =>
      coldStart(
        work,
        tell,
        () => requester(work),
        async (ask) => {
          if (!isIntact(await ask(markedBody(1, work.bytes)), 1, work.bytes)) throw new Error('damaged');
        },
      ),
  },
};

async function open(type, options = {}) {
  const zmq = await import('zeromq');
  return new zmq[type](options);
}

async function bindPull() {
  const socket = await open('Pull', { receiveHighWaterMark: highWaterMark });
  await socket.bind(anyPort);
  return socket;
}

async function connectPush(address) {
  const socket = await open('Push', { sendHighWaterMark: highWaterMark });
  socket.connect(address);
  return socket;
}

async function pull(work, tell) {
  const socket = await bindPull();
  const arrived = arrivals(work, tell);
  tell('ready', { address: socket.lastEndpoint });
  for await (const [body] of socket) arrived(body);
}

async function push({ addresses, bytes, count }) {
  const socket = await connectPush(addresses[0]);
  for (let number = 0; number < count; number++) await socket.send(markedBody(number, bytes));
}

/** A router that answers each message: with what `answer` gives, to whom it came from, under its number. */
async function route(_work, tell, answer) {
  const socket = await open('Router', {
    receiveHighWaterMark: highWaterMark,
    sendHighWaterMark: highWaterMark,
  });
  await socket.bind(anyPort);
  tell('ready', { address: socket.lastEndpoint });
  for await (const [from, number, body] of socket) await socket.send([from, number, answer(body)]);
}

async function pullAndAnswer(work, tell) {
  const arrived = arrivals(work, tell);
  await route(work, tell, (body) => {
    arrived(body);
    return empty;
  });
}

/** A dealer's answers may come in any order: a frame with the number says which it is. */
async function dealer(work) {
  const { socket, send, answers } = await openDealer(work);
  const waiting = new Map();
  const settle = (number, body) => {
    waiting.get(number)(body);
    waiting.delete(number);
  };
  void answers(settle);
  return (body) =>
    new Promise((resolve) => {
      waiting.set(numberOf(body), resolve);
      send(socket, body);
    });
}

async function openDealer({ addresses }) {
  const options = { receiveHighWaterMark: highWaterMark, sendHighWaterMark: highWaterMark };
  const socket = await open('Dealer', options);
  socket.connect(addresses[0]);
  // One send at a time is what the library allows: the others wait for their turn.
  let last = Promise.resolve();
  const send = (_socket, body) => {
    const frames = [body.subarray(0, 4), body];
    last = last.then(() => socket.send(frames));
  };
  const answers = async (handle) => {
    for await (const [number, body] of socket) handle(numberOf(number), body);
  };
  return { socket, send, answers };
}

async function sendAcknowledged(work, tell) {
  if (work.variant === 'all') {
    const ask = await dealer(work);
    return promisesInFlight(work, tell, async (body) => (await ask(body)).length === 0);
  }
  const { socket, send, answers } = await openDealer(work);
  const { begin, acknowledged } = countInFlight(work, tell, (body) => send(socket, body));
  void answers(acknowledged);
  begin();
}

function echoOf(body, { bytes }) {
  return isIntact(body, numberOf(body), bytes) ? body : empty;
}

async function reply(work, tell) {
  const socket = await open('Reply');
  await socket.bind(anyPort);
  tell('ready', { address: socket.lastEndpoint });
  for await (const [body] of socket) await socket.send(echoOf(body, work));
}

async function requester({ addresses, bytes }) {
  const socket = await open('Request');
  socket.connect(addresses[0]);
  return async (body) => {
    await socket.send(markedBody(numberOf(body), bytes));
    return (await socket.receive())[0];
  };
}

/** Echoes go by a pair of sockets of their own: PUSH and PULL have one direction. */
async function pullPaced(work, tell) {
  const socket = await bindPull();
  const back = await open('Push', { sendHighWaterMark: highWaterMark });
  await back.bind(anyPort);
  let last = Promise.resolve();
  const handle = pacedReceiver(work, (body) => {
    last = last.then(() => back.send(body));
  });
  tell('ready', { address: [socket.lastEndpoint, back.lastEndpoint] });
  for await (const [body] of socket) handle(body);
}

async function pushPaced(work, tell) {
  const [there, back] = work.addresses[0];
  const socket = await connectPush(there);
  const echoes = await open('Pull', { receiveHighWaterMark: highWaterMark });
  echoes.connect(back);
  let last = Promise.resolve();
  const send = (body) => {
    last = last.then(() => socket.send(body));
    return true;
  };
  const makeBody = (bytes) => Buffer.allocUnsafe(bytes);
  const { begin, echoed } = pacedSender(work, tell, { send, makeBody });
  begin();
  for await (const [body] of echoes) echoed(body);
}
