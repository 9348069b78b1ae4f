import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PlatformEvents } from '../node/platform.ts';
import { formatAddress } from './addresses.ts';
import { Driver, systemRandom } from './driver.ts';
import { ownFilesIn } from './own-files.ts';
import { StoreWarnings } from './store-warnings.ts';
import { Listener } from './transports/listener.ts';
import { Datagrams } from './transports/udp.ts';

const round = () => new Promise((resolve) => setImmediate(resolve));

let driver: Driver;
let address: string;
let events: { readonly [Name in keyof PlatformEvents]: ReturnType<typeof vi.fn<PlatformEvents[Name]>> };

beforeEach(async () => {
  const listener = await Listener.open({ host: '127.0.0.1', port: 0 });
  address = formatAddress(listener.address.host, listener.address.port);
  const log = () => undefined;
  const options = {
    port: await freeUdpPort(),
    targets: [],
    loopbackOnly: true,
    tls: undefined,
    forgetKeys: () => undefined,
    log,
  };
  const datagrams = await Datagrams.open(options);
  events = {
    wake: vi.fn(),
    drain: vi.fn(),
    accepted: vi.fn(() => 1),
    dialed: vi.fn(),
    dialFailed: vi.fn(),
    received: vi.fn(),
    flushed: vi.fn(),
    closed: vi.fn(),
    datagram: vi.fn(),
    polled: vi.fn(),
    door: vi.fn(),
    sighted: vi.fn(),
    readdressed: vi.fn(),
  };
  const parts = {
    ownFiles: ownFilesIn('/nowhere'),
    listener,
    datagrams,
    registration: undefined,
    watched: undefined,
    loopbackOnly: true,
    tls: undefined,
    doors: [],
    store: undefined,
    ownStore: undefined,
    storeWarnings: new StoreWarnings(() => undefined),
    forgetKeys: () => undefined,
    log,
  };
  driver = new Driver(events, parts);
});
afterEach(() => driver.release());

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

describe('the driver', () => {
  test('drains once the turn is over, not within it', async () => {
    driver.drainLater();
    expect(events.drain).not.toHaveBeenCalled();
    await round();
    expect(events.drain).toHaveBeenCalledOnce();
  });

  test('lets the asked-for poll phases pass, each a round of the loop', async () => {
    driver.poll(3);
    for (let phase = 1; phase < 3; phase++) {
      await round();
      expect(events.polled).not.toHaveBeenCalled();
    }
    await round();
    expect(events.polled).toHaveBeenCalledOnce();
  });

  test('wakes at its time, never before', async () => {
    const at = driver.now() + 20;
    const woken = new Promise<number>((resolve) =>
      events.wake.mockImplementation(() => resolve(driver.now())),
    );
    driver.wakeAt(at);
    expect(await woken).toBeGreaterThanOrEqual(at);
    expect(events.wake).toHaveBeenCalledOnce();
  });

  test('takes a wait back', async () => {
    const early = vi.fn();
    driver.after(1, early)();
    await new Promise<void>((resolve) => void driver.after(5, resolve));
    expect(early).not.toHaveBeenCalled();
  });

  test('reports nothing after its release, whatever was under way', async () => {
    driver.start();
    driver.drainLater();
    driver.poll(1);
    driver.wakeAt(driver.now());
    driver.dial(7, address, 1000, []);
    await driver.release();
    await driver.release();
    driver.wakeAt(driver.now());
    driver.drainLater();
    driver.broadcast(Uint8Array.of(1));
    driver.sendDatagram('127.0.0.1:7077', Uint8Array.of(1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const [name, event] of Object.entries(events)) expect(event, name).not.toHaveBeenCalled();
  });
});

test('randomness lies in [0, 1) and comes in plain bytes', () => {
  const numbers = Array.from({ length: 1000 }, () => systemRandom.next());
  expect(numbers.every((one) => one >= 0 && one < 1)).toBe(true);
  expect(new Set(numbers).size).toBe(1000);
  expect(systemRandom.bytes(16).constructor).toBe(Uint8Array);
  expect(systemRandom.bytes(16)).toHaveLength(16);
});
