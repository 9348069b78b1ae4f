/**
 * A world in which things go wrong for one process: its wall clock is set, its connections break, and it cannot reach some
 * ports any more.
 *
 * Used by the run, which writes it beside the programs and begins each process with it. The machine itself is not touched:
 * only `Date.now`, by which the product reads the wall clock, and its TCP connections. Invariant: the monotonic clock goes on
 * as it does; who cannot reach a port loses its connections there too.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * To the process. `cut`: all of its connections break at this moment, and it may connect again. `wall`: these ports of the
 * machine are not reached from now on, and no others.
 */
export type WorldMessage =
  | { readonly type: 'cut' }
  | { readonly type: 'clock'; readonly offsetMs: number }
  | { readonly type: 'wall'; readonly ports: readonly number[] };

const text = `
import net from 'node:net';
const realNow = Date.now;
let offsetMs = 0;
Date.now = () => realNow() + offsetMs;
let ports = new Set();
const sockets = new Map();
const accepted = new Set();
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  const port = Number(first?.port ?? first);
  if (ports.has(port)) {
    process.nextTick(() => this.destroy(Object.assign(new Error('behind a wall'), { code: 'ECONNREFUSED' })));
    return this;
  }
  if (Number.isInteger(port)) {
    sockets.set(this, port);
    this.once('close', () => sockets.delete(this));
  }
  return connect.apply(this, args);
};
const { emit } = net.Server.prototype;
net.Server.prototype.emit = function (event, ...args) {
  const [socket] = args;
  if (event === 'connection' && socket.remotePort !== undefined) {
    accepted.add(socket);
    socket.once('close', () => accepted.delete(socket));
  }
  return emit.call(this, event, ...args);
};
process.on('message', (message) => {
  if (message?.type === 'cut') for (const socket of [...sockets.keys(), ...accepted]) socket.destroy();
  if (message?.type === 'clock') offsetMs = message.offsetMs;
  if (message?.type !== 'wall') return;
  ports = new Set(message.ports);
  for (const [socket, port] of sockets) if (ports.has(port)) socket.destroy();
});
process.channel?.unref();
`;

/** @returns what the environment of a process needs. */
export function worldOf(folder: string): NodeJS.ProcessEnv {
  const file = join(folder, 'world.mjs');
  writeFileSync(file, text);
  return { NODE_OPTIONS: `--import=${pathToFileURL(file).href}` };
}
