// The limit: length-prefixed frames over node:net, batched by hand into 64 KiB writes.
import net from 'node:net';
import { isIntact, mark, markAt } from '../check.mjs';

const batchBytes = 64 * 1024;

export async function receiver({ work, bytes, count }, tell) {
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    if (work === 'round-trip') socket.on('data', (chunk) => socket.write(chunk));
    else receiveOneWay(socket, bytes, count, tell);
  });
  server.listen(0, '127.0.0.1', () => tell('listening', { address: server.address().port }));
}

export async function sender({ work, bytes, count, address }) {
  const socket = net.connect(address, '127.0.0.1');
  socket.setNoDelay(true);
  await new Promise((resolve) => socket.once('connect', resolve));
  if (work === 'round-trip') await pingPong(socket, bytes, count);
  else await flood(socket, bytes, count);
}

function receiveOneWay(socket, bytes, count, tell) {
  const frameBytes = bytes + 4;
  let started;
  let next = 0;
  let verified = 0;
  let rest = Buffer.alloc(0);
  // What a program gets is a body in its hands: a handler called per message, as for every other system.
  const handle = (body) => {
    if (isIntact(body, next, bytes)) verified++;
    next++;
  };
  socket.on('data', (chunk) => {
    started ??= process.hrtime.bigint();
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (data.length - at >= frameBytes) {
      const length = data.readUInt32BE(at);
      handle(data.subarray(at + 4, at + 4 + length));
      at += frameBytes;
    }
    rest = data.subarray(at);
    if (next === count)
      tell('done', { figure: (count * 1e9) / Number(process.hrtime.bigint() - started), verified });
  });
}

async function flood(socket, bytes, count) {
  const frameBytes = bytes + 4;
  const perBatch = Math.floor(batchBytes / frameBytes);
  const full = Buffer.alloc(perBatch * frameBytes);
  for (let i = 0; i < perBatch; i++) full.writeUInt32BE(bytes, i * frameBytes);
  for (let number = 0; number < count; ) {
    const frames = Math.min(perBatch, count - number);
    const batch = Buffer.from(full.subarray(0, frames * frameBytes));
    for (let i = 0; i < frames; i++, number++) markAt(batch, i * frameBytes + 4, number, bytes);
    if (!socket.write(batch)) await new Promise((resolve) => socket.once('drain', resolve));
  }
}

async function pingPong(socket, bytes, count) {
  const frame = Buffer.alloc(bytes + 4);
  frame.writeUInt32BE(bytes);
  const body = frame.subarray(4);
  const times = [];
  let verified = 0;
  let got = 0;
  let sentAt = 0n;
  await new Promise((resolve) => {
    const ping = () => {
      mark(body, times.length);
      sentAt = process.hrtime.bigint();
      socket.write(frame);
    };
    socket.on('data', (chunk) => {
      got += chunk.length;
      if (got < frame.length) return;
      got = 0;
      if (isIntact(chunk.subarray(chunk.length - bytes), times.length, bytes)) verified++;
      times.push(Number(process.hrtime.bigint() - sentAt) / 1000);
      if (times.length === count) resolve();
      else ping();
    });
    ping();
  });
  process.send({ type: 'done', figure: median(times), verified });
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
