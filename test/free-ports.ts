/**
 * Ports for nodes that must know their port before they have it.
 *
 * Used by tests that start nodes, and by the soak. Invariant: a port is given once by each process, is below those
 * that the system gives to whoever asks for any port, and comes from a range of this worker of vitest's: nobody
 * else takes it between the choice and the use.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const portMin = 10_000;
const portsPerWorker = 1000;
const workersMax = 18;

const worker = Number(process.env.VITEST_POOL_ID ?? 0) % workersMax;
let given = Math.floor(Math.random() * portsPerWorker);

/** So many, different from each other. */
export async function freeTcpPorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort(isTcpFree));
  return ports;
}

export function freeUdpPort(): Promise<number> {
  return freePort(isUdpFree);
}

async function freePort(isFree: (port: number) => Promise<boolean>): Promise<number> {
  for (let tries = 0; tries < portsPerWorker; tries++) {
    const port = portMin + worker * portsPerWorker + (given++ % portsPerWorker);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${portsPerWorker} ports is free`);
}

async function isTcpFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port), 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}

async function isUdpFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    await once(socket.bind(port), 'listening');
  } catch {
    socket.close();
    return false;
  }
  await once(socket.close(), 'close');
  return true;
}
