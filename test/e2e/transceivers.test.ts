/**
 * The conformance suite of transceivers: whoever holds an address, another one connects to it, is heard and hears, is
 * told when the holder is gone, and takes the address itself. The same the other way round, for whoever comes.
 *
 * Held against each other: skein's transceiver, the doors of a formation, nanomsg's nanocat and NNG's nngcat, over TCP
 * and over socket files.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FormationDoors } from '../../src/doors/nanomsg/formation-doors.ts';
import { parseSpAddress } from '../../src/doors/nanomsg/sp-address.ts';
import { SpProtocol } from '../../src/doors/nanomsg/sp-stream.ts';
import { Transceiver } from '../../src/doors/nanomsg/transceiver.ts';
import { noneCounted } from '../../src/host/transports/listener.ts';
import { binding, cats, endTalks, freePorts, Talk } from './talk.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await endTalks();
});

/** One end, whatever it is made of. It says `hello from NAME` again and again. */
interface End {
  readonly heard: () => string;
  readonly end: () => unknown;
}

/** Starts one that says this, and resolves when it holds the address (or has come to it). */
type Start = (address: string, says: string) => Promise<End>;

const againMs = 100;

async function transceiver(address: string, says: string): Promise<End> {
  const one = new Watched(address);
  await one.transceiver.open();
  const timer = setInterval(() => one.transceiver.send(new TextEncoder().encode(says)), againMs);
  const end = (): Promise<void> => {
    clearInterval(timer);
    return one.transceiver.close();
  };
  cleanups.push(end);
  return { heard: () => one.heard, end };
}

class Watched {
  heard = '';
  joined = 0;
  left = 0;
  lost = 0;
  readonly transceiver: Transceiver;

  constructor(address: string) {
    this.transceiver = new Transceiver(
      { address: parseSpAddress(address, 'test'), protocol: SpProtocol.bus },
      {
        joined: () => this.joined++,
        message: (body) => {
          this.heard += new TextDecoder().decode(body);
        },
        left: () => this.left++,
        lost: () => this.lost++,
      },
    );
    cleanups.push(() => this.transceiver.close());
  }
}

async function doors(address: string, says: string): Promise<End> {
  const bound = address.replace('tcp://', '');
  const peers = new Set<number>();
  let heard = '';
  let ended: () => unknown = () => undefined;
  const isBound = new Promise<void>((resolve) => {
    const one = new FormationDoors({
      report: (event) => {
        if (event.type === 'bound') resolve();
        else if (event.type === 'joined') peers.add(event.peer);
        else if (event.type === 'message') heard += new TextDecoder().decode(event.bytes);
        else if (event.type === 'left') peers.delete(event.peer);
      },
      accept: (socket) => socket.destroy(),
      speaks: 'skein',
      counters: noneCounted(),
      holds: () => undefined,
      isForNanomsg: true,
      isOpenToAll: false,
      loopbackOnly: true,
    });
    const bytes = new TextEncoder().encode(says);
    const timer = setInterval(() => {
      for (const peer of peers) one.act({ type: 'send', peer, bytes });
    }, againMs);
    cleanups.push(() => clearInterval(timer));
    cleanups.push(() => one.close());
    ended = () => one.close();
    one.act({ type: 'bind', address: bound });
  });
  await isBound;
  return { heard: () => heard, end: () => ended() };
}

const cat =
  (name: string, way: '--bind' | '--connect'): Start =>
  async (address, says) => {
    const words = [name, '--bus', '-D', says, '-i', '1', '-A'];
    const talk =
      way === '--bind'
        ? await binding(address, words, {}, true)
        : new Talk([...words, way, address], {}, true);
    return { heard: () => talk.printed, end: () => talk.end() };
  };

const kinds: readonly {
  readonly name: string;
  readonly hold: Start;
  readonly come: Start;
  missing?: string | undefined;
}[] = [
  { name: 'a transceiver of skein', hold: transceiver, come: transceiver },
  { name: 'the door of a formation', hold: doors, come: transceiver },
  ...cats.map(({ cat: name, missing }) => ({
    name,
    hold: cat(name, '--bind'),
    come: cat(name, '--connect'),
    missing,
  })),
];

describe.each(kinds)('$name', ({ hold, come, missing }) => {
  describe.each(['tcp', 'ipc'] as const)('over %s', (transport) => {
    async function addressOf(): Promise<string> {
      if (transport === 'tcp') return (await freePorts(1))[0] as string;
      const folder = mkdtempSync(join(tmpdir(), 'skein-sp-'));
      cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
      return `ipc://${join(folder, 'bus.ipc')}`;
    }

    test('holds an address: a transceiver connects, both hear each other, and it takes the address afterwards', async ({
      skip,
    }) => {
      if (missing !== undefined) skip(missing);
      const address = await addressOf();
      const holder = await hold(address, 'hello from the holder');
      const one = new Watched(address);
      expect(await one.transceiver.open()).toBe('connected');
      await vi.waitFor(() => expect(one.heard).toContain('hello from the holder'), 5000);
      await vi.waitFor(() => {
        one.transceiver.send(new TextEncoder().encode('hello from the other'));
        expect(holder.heard()).toContain('hello from the other');
      }, 5000);
      await holder.end();
      await vi.waitFor(() => expect(one.lost).toBe(1), 5000);
      expect(await one.transceiver.open()).toBe('bound');
    });

    test('comes to a transceiver that is bound: both hear each other, and its end is told', async ({
      skip,
    }) => {
      if (missing !== undefined) skip(missing);
      const address = await addressOf();
      const one = new Watched(address);
      expect(await one.transceiver.open()).toBe('bound');
      const other = await come(address, 'hello from the other');
      await vi.waitFor(() => expect(one.heard).toContain('hello from the other'), 5000);
      await vi.waitFor(() => {
        one.transceiver.send(new TextEncoder().encode('hello from the bound'));
        expect(other.heard()).toContain('hello from the bound');
      }, 5000);
      expect(one.joined).toBe(1);
      await other.end();
      await vi.waitFor(() => expect(one.left).toBe(1), 5000);
      expect(one.transceiver.role).toBe('bound');
    });
  });
});
