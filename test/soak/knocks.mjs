/**
 * What strangers without a key do to a node's TCP port, one connection each.
 *
 * Used by the soak's strangers and by bench/strangers.mjs, which runs unbundled: hence plain JavaScript.
 * Invariant: a knock always ends (by the node's doing, for want of a node, or given up), and then its
 * socket is gone.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The bytes with which every skein stream begins, and the length of a frame that is no hello. */
const opening = Uint8Array.of(0xf5, 0x53, 0x4b, 0x4e, 0, 0, 0, 200);
const dripEveryMs = 500;

/** What is done to a connected socket, by kind. `hello` is a whole ClientHello of TLS. */
const acts = {
  silence: () => undefined,
  'random bytes': (socket) => socket.write(randomBytes(500)),
  'never finishes': (socket, hello) => drip(socket, hello),
  'TLS to nowhere': (socket, hello) => socket.write(hello),
  'TLS and silence': () => undefined,
  'TLS and garbage': (socket) => socket.write(Buffer.concat([opening, randomBytes(200)])),
};

export const knockKinds = Object.keys(acts);

/** Resolves once it is over: `refused`, `nobody` listened there, or still `open` when it was given up. */
export function knock(kind, to, { hello, giveUpMs }) {
  const isTls = kind.startsWith('TLS and');
  const socket = isTls
    ? connectTls({ ...to, rejectUnauthorized: false, ALPNProtocols: ['skein/1'] })
    : connect(to);
  return new Promise((resolve) => {
    let outcome = 'nobody';
    const timer = setTimeout(() => {
      outcome = 'open';
      socket.destroy();
    }, giveUpMs);
    // A reset is an answer too; `close` follows.
    socket.on('error', () => undefined);
    socket.once('connect', () => {
      outcome = 'refused';
    });
    socket.once(isTls ? 'secureConnect' : 'connect', () => acts[kind](socket, hello));
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(outcome);
    });
    socket.resume();
  });
}

/** What a TLS client of this very program says first. */
export function recordClientHello() {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', (bytes) => {
        resolve(bytes);
        socket.destroy();
        server.close();
      });
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1', () => {
      const to = { port: server.address().port, host: '127.0.0.1', rejectUnauthorized: false };
      connectTls(to).on('error', () => undefined);
    });
  });
}

/** Some bytes at once, then one at a time. */
function drip(socket, hello) {
  let at = randomInt(1, 40);
  socket.write(hello.subarray(0, at));
  const timer = setInterval(() => socket.write(hello.subarray(at, ++at)), dripEveryMs);
  socket.once('close', () => clearInterval(timer));
}
