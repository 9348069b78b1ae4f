// skein through its public API: a node in each process, `post` out, a handler called per message.
import { createNode } from '../../dist/index.js';
import { isIntact, makeBody, mark } from '../check.mjs';

const options = { discovery: false, degree: 0, listen: '127.0.0.1:0' };
/** Every link TLS 1.3 and proven, or plain. */
const security = (work) => (work.keyFile === undefined ? { key: false } : { keyFile: work.keyFile });

export async function receiver({ work, bytes, count, ...rest }, tell) {
  const node = await createNode({ ...options, ...security(rest), name: 'receiver' });
  if (work === 'round-trip') node.handle((message) => void node.post(message.source, message.body));
  else receiveOneWay(node, bytes, count, tell);
  const { addresses } = await node.status();
  tell('listening', { address: addresses[0] });
}

export async function sender({ work, bytes, count, address, ...rest }, tell) {
  const node = await createNode({ ...options, ...security(rest), name: 'sender', connect: [address] });
  await node.ready({ nodes: ['receiver'] });
  if (work === 'round-trip') await pingPong(node, bytes, count, tell);
  else await flood(node, bytes, count);
}

function receiveOneWay(node, bytes, count, tell) {
  let started;
  let next = 0;
  let verified = 0;
  node.handle((message) => {
    started ??= process.hrtime.bigint();
    if (isIntact(message.body, next, bytes)) verified++;
    next++;
    if (next === count)
      tell('done', { figure: (count * 1e9) / Number(process.hrtime.bigint() - started), verified });
  });
}

async function flood(node, bytes, count) {
  const body = makeBody(bytes);
  for (let number = 0; number < count; ) {
    mark(body, number);
    // As many as one write takes; then the loop has its turn, as in a program that does other things too.
    if (!node.post('receiver', body)) await node.drained();
    else if (++number % 1400 === 0) await new Promise(setImmediate);
  }
}

async function pingPong(node, bytes, count, tell) {
  const body = makeBody(bytes);
  const times = [];
  let verified = 0;
  let sentAt = 0n;
  await new Promise((resolve) => {
    const ping = () => {
      mark(body, times.length);
      sentAt = process.hrtime.bigint();
      node.post('receiver', body);
    };
    node.handle((message) => {
      if (isIntact(message.body, times.length, bytes)) verified++;
      times.push(Number(process.hrtime.bigint() - sentAt) / 1000);
      if (times.length === count) resolve();
      else ping();
    });
    ping();
  });
  const median = times.sort((a, b) => a - b)[Math.floor(count / 2)];
  tell('done', { figure: median, verified });
}
