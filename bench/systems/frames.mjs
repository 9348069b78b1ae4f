// Length-prefixed frames over a stream socket, batched by hand into 64 KiB writes: what `raw` and `raw-tls` play
// over their sockets. Invariant: nothing is here that a program could leave out and still have messages.
import { isIntact, mark, markAt } from '../check.mjs';
import { arrivals } from '../roles/arrivals.mjs';
import { arrivingBlocks, writeBlocks } from '../roles/blocks.mjs';
import { coldStart } from '../roles/cold-start.mjs';
import { pingPong } from '../roles/round-trips.mjs';

const batchBytes = 64 * 1024;
const headBytes = 4;

/** `serve(onSocket)` resolves with a port, `connect(port)` with a socket. */
export function frameRoles({ serve, connect }) {
  const echo = {
    receiver: async (work, tell) => {
      const address = await serve((socket) => socket.on('data', (chunk) => socket.write(chunk)), work);
      tell('ready', { address });
    },
    sender: async (work, tell) => beginPingPong(await connect(work.addresses[0], work), work, tell),
  };
  const stream = {
    receiver: async (work, tell) => {
      const address = await serve((socket) => socket.on('data', arrivingBlocks(work, tell)), work);
      tell('ready', { address });
    },
    sender: async (work) => writeBlocks(await connect(work.addresses[0], work), work),
  };
  return {
    'one-way': {
      receiver: async (work, tell) => {
        const address = await serve((socket) => receive(socket, work.bytes, arrivals(work, tell)), work);
        tell('ready', { address });
      },
      sender: async (work) => flood(await connect(work.addresses[0], work), work),
    },
    channel: stream,
    'channel-relay': {
      ...stream,
      relay: async ({ addresses }, tell) => tell('ready', { address: addresses[0] }),
    },
    'round-trip': echo,
    'requests-in-turn': echo,
    'cold-start': {
      receiver: echo.receiver,
      sender: (work, tell) =>
        coldStart(
          work,
          tell,
          () => serve(() => undefined, work),
          async () => answered(await connect(work.addresses[0], work), work),
        ),
    },
  };
}

/**
 * What a program gets is a body in its hands: a handler called per message, as for every other system. A frame that
 * came in pieces is put together in one buffer, used again for the next: no bytes are copied twice.
 */
function receive(socket, bytes, handle) {
  const frameBytes = bytes + headBytes;
  const pieces = Buffer.allocUnsafe(frameBytes);
  let held = 0;
  socket.on('data', (chunk) => {
    let at = 0;
    if (held > 0) {
      at = chunk.copy(pieces, held);
      held += at;
      if (held < frameBytes) return;
      handle(bodyAt(pieces, 0));
    }
    for (; chunk.length - at >= frameBytes; at += frameBytes) handle(bodyAt(chunk, at));
    held = chunk.copy(pieces, 0, at);
  });
}

function bodyAt(buffer, at) {
  const from = at + headBytes;
  return buffer.subarray(from, from + buffer.readUInt32BE(at));
}

async function flood(socket, { bytes, count }) {
  const frameBytes = bytes + headBytes;
  const perBatch = Math.max(1, Math.floor(batchBytes / frameBytes));
  const full = Buffer.alloc(perBatch * frameBytes);
  for (let i = 0; i < perBatch; i++) full.writeUInt32BE(bytes, i * frameBytes);
  for (let number = 0; number < count; ) {
    const frames = Math.min(perBatch, count - number);
    const batch = Buffer.from(full.subarray(0, frames * frameBytes));
    for (let i = 0; i < frames; i++, number++) markAt(batch, i * frameBytes + headBytes, number, bytes);
    if (!socket.write(batch)) await new Promise((resolve) => socket.once('drain', resolve));
  }
}

function beginPingPong(socket, work, tell) {
  const frame = frameOf(work.bytes);
  const { begin, echoed } = pingPong(work, tell, (body) => {
    frame.set(body, headBytes);
    socket.write(frame);
  });
  receive(socket, work.bytes, echoed);
  begin();
}

async function answered(socket, { bytes }) {
  const frame = frameOf(bytes);
  mark(frame.subarray(headBytes), 1);
  const answer = new Promise((resolve) => receive(socket, bytes, resolve));
  socket.write(frame);
  if (!isIntact(await answer, 1, bytes)) throw new Error('the first answer is damaged');
}

function frameOf(bytes) {
  const frame = Buffer.alloc(bytes + headBytes);
  frame.writeUInt32BE(bytes);
  return frame;
}
