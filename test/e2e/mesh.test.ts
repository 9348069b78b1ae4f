/**
 * A mesh of real `skein up` processes: found by UDP alone, killed, restarted, paused, hung up on, and asked
 * all the while. What the processes know is watched through `attach`, so that every wait is for an event.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import type { NodeEvents, SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { socketPathOf } from '../../src/remote/socket-path.ts';
import { type RunningNode, Site } from './helpers.ts';

type Seen = {
  [Type in keyof NodeEvents]: { readonly type: Type; readonly detail: NodeEvents[Type]; readonly at: number };
}[keyof NodeEvents];

/** A client of one process that remembers every event its node told, and when. */
class Witness {
  readonly client: SkeinNode;
  readonly seen: Seen[] = [];
  private readonly looks = new Set<() => void>();

  private constructor(client: SkeinNode) {
    this.client = client;
    for (const type of ['node:up', 'node:down', 'link:up', 'link:down'] as const) {
      client.events.addEventListener(type, ({ detail }) => {
        this.seen.push({ type, detail, at: performance.now() } as Seen);
        for (const look of this.looks) look();
      });
    }
  }

  static async of(site: Site, name: string): Promise<Witness> {
    const witness = new Witness(await attach({ control: controlOf(site, name) }));
    // Any call waits until the listeners are heard.
    await witness.client.status();
    return witness;
  }

  /** The first event since the `from`-th that fits. */
  until(what: string, fits: (seen: Seen) => boolean, { timeoutMs = 10_000, from = 0 } = {}): Promise<Seen> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.seen.slice(from).find(fits);
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`${this.client.name} did not see ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      const end = () => {
        clearTimeout(timer);
        this.looks.delete(look);
      };
      this.looks.add(look);
      look();
    });
  }

  down(name: string, reason: 'lost' | 'left', from: number): Promise<Seen> {
    const fits = ({ type, detail }: Seen) =>
      type === 'node:down' && detail.name === name && detail.reason === reason;
    return this.until(`${name} ${reason}`, fits, { from });
  }

  up(name: string, from: number): Promise<Seen> {
    return this.until(`${name} up`, ({ type, detail }) => type === 'node:up' && detail.name === name, {
      from,
    });
  }
}

function controlOf(site: Site, name: string): string {
  return socketPathOf(join(site.folder, 'run'), name);
}

/** All of them at once, each from now on; the time of the last, in milliseconds after `since`. */
async function allSee(
  witnesses: readonly Witness[],
  since: number,
  what: (witness: Witness, from: number) => Promise<Seen>,
  cause: () => unknown,
): Promise<number> {
  const waits = witnesses.map((witness) => what(witness, witness.seen.length));
  await cause();
  const seen = await Promise.all(waits);
  return Math.round(Math.max(...seen.map(({ at }) => at)) - since);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('nine processes', () => {
  const names = Array.from({ length: 9 }, (_, i) => `n${i + 1}`);
  // Without the runtime folder: UDP is all that is left to find each other by.
  const flags = ['--no-folder', '--degree', '3'];
  const nodes = new Map<string, RunningNode>();
  const witnesses = new Map<string, Witness>();
  const pids: number[] = [];
  let site: Site;

  const witness = (name: string) => witnesses.get(name) as Witness;
  const others = (...but: string[]) => names.filter((name) => !but.includes(name)).map(witness);

  async function start(name: string): Promise<RunningNode> {
    const node = await site.up(name, ...flags);
    nodes.set(name, node);
    pids.push(node.process.pid as number);
    return node;
  }

  beforeAll(async () => {
    site = await Site.open();
    await Promise.all(names.map(start));
    const begun = performance.now();
    for (const name of names) witnesses.set(name, await Witness.of(site, name));
    await Promise.all(
      [...witnesses.values()].map(({ client }) => client.ready({ count: 9, timeoutMs: 30_000 })),
    );
    console.log(
      `nine processes know each other ${Math.round(performance.now() - begun)} ms after the last is ready`,
    );
  });
  afterAll(async () => {
    await Promise.all([...witnesses.values()].map(({ client }) => client.close()));
    await site.close();
  });

  test('found by UDP alone all see all, and the same network', async () => {
    const topologies = await Promise.all(names.map((name) => witness(name).client.topology()));
    for (const topology of topologies) expect(Object.keys(topology).sort()).toEqual(names);
    await expect
      .poll(async () => {
        const all = await Promise.all(names.map((name) => witness(name).client.topology()));
        return new Set(all.map((topology) => JSON.stringify(topology, [...names]))).size;
      })
      .toBe(1);
    const { features } = await witness('n1').client.status();
    expect((features.discovery as { solicitationsSent: number }).solicitationsSent).toBeGreaterThan(0);
  });

  test('SIGSTOP for two seconds is not death, and what was sent meanwhile arrives', async () => {
    const paused = nodes.get('n4') as RunningNode;
    const messages = witness('n4').client.messages({ kind: 'meanwhile' });
    await messages.opened;
    const from = others('n4').map(({ seen }) => seen.length);
    paused.process.kill('SIGSTOP');
    const sent = witness('n1').client.send('n4', 'while you slept', { kind: 'meanwhile' });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    paused.process.kill('SIGCONT');
    expect((await sent).delivered).toEqual(['n4']);
    for await (const { body } of messages) {
      expect(body).toBe('while you slept');
      break;
    }
    expect((await witness('n4').client.broadcast('awake')).deliveredCount).toBe(8);
    const downs = others('n4').flatMap(({ seen }, i) =>
      seen.slice(from[i]).filter(({ type }) => type === 'node:down'),
    );
    expect(downs).toEqual([]);
  });

  test('one is killed: all know at once, traffic goes around it; it comes back under its name', async () => {
    const { target, victim } = await wayThrough('n1');
    const traffic = keepSending(witness('n1').client, target);
    onTestFinished(() => traffic.stop());
    await traffic.flowing;

    const rest = others(victim);
    const killedAt = performance.now();
    const lostMs = await allSee(
      rest,
      killedAt,
      (one, from) => one.down(victim, 'lost', from),
      () => nodes.get(victim)?.process.kill('SIGKILL'),
    );
    expect(lostMs).toBeLessThan(3000);
    // The victim may have been the only bridge between two parts: they find each other again.
    await Promise.all(rest.map(({ client }) => client.ready({ count: 8, timeoutMs: 10_000 })));
    expect(await witness('n1').client.route(target)).not.toContain(victim);
    await traffic.more(10);
    await traffic.stop();
    expect((await witness(target).client.broadcast('still here')).deliveredCount).toBe(7);

    const instance = witness(victim).client.instance;
    const begunAt = performance.now();
    let readyAt = 0;
    const backMs = await allSee(
      rest,
      begunAt,
      (one, from) => one.up(victim, from),
      async () => {
        await start(victim);
        readyAt = performance.now();
      },
    );
    const afterReadyMs = Math.max(0, Math.round(begunAt + backMs - readyAt));
    console.log(
      `${victim} killed: known to all in ${lostMs} ms; back ${afterReadyMs} ms after its ready line`,
    );
    expect(afterReadyMs).toBeLessThan(2000);
    await witness(victim).client.close();
    witnesses.set(victim, await Witness.of(site, victim));
    await witness(victim).client.ready({ count: 9, timeoutMs: 5000 });
    expect(witness(victim).client.instance).not.toBe(instance);
    expect((await witness(victim).client.send(target, 'again')).delivered).toEqual([target]);
  });

  test('a hangup is told to both ends, and nobody is lost', async () => {
    const { client, seen } = witness('n2');
    const neighbor = (await client.status()).links[0]?.node as string;
    const hungUp = (name: string) => (event: Seen) =>
      event.type === 'link:down' && event.detail.node === name && event.detail.reason === 'hangup';
    const here = witness('n2').until('its hangup', hungUp(neighbor), { from: seen.length });
    const there = witness(neighbor).until('the hangup', hungUp('n2'), {
      from: witness(neighbor).seen.length,
    });
    await client.hangup(neighbor);
    await Promise.all([here, there]);
    await expect(client.hangup(neighbor)).rejects.toMatchObject({ code: 'SKEIN_NOT_LINKED' });
    await client.ready({ count: 9, timeoutMs: 5000 });
    expect((await client.send(neighbor, 'no hard feelings')).delivered).toEqual([neighbor]);
  });

  test('dials that cannot be are refused with the reason', async () => {
    const { client } = witness('n3');
    const [link] = (await client.status()).links;
    const neighbor = nodes.get(link?.node as string) as RunningNode;
    const own = nodes.get('n3') as RunningNode;
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const code = (code: string) => ({ code });
    await expect(client.dial(own.address)).rejects.toMatchObject(code('SKEIN_SELF'));
    await expect(client.dial(neighbor.address)).rejects.toMatchObject(code('SKEIN_ALREADY_CONNECTED'));
    await expect(client.dial(`127.0.0.1:${port}`, { timeoutMs: 500 })).rejects.toMatchObject(
      code('SKEIN_TIMEOUT'),
    );
    silent.close();
    await expect(client.dial('127.0.0.1:1')).rejects.toMatchObject({
      code: 'SKEIN_UNREACHABLE',
      message: expect.stringContaining('refused'),
    });
    await expect(client.dial('10.255.255.1:7077')).rejects.toMatchObject({
      code: 'SKEIN_PROTECTED',
      message: expect.stringContaining('--insecure'),
    });
    await client.ready({ count: 9, timeoutMs: 1000 });
  });

  test('a chosen name in use elsewhere in the mesh is refused to the newcomer, in one line', async () => {
    const from = others('n5').map(({ seen }) => seen.length);
    // A runtime folder of its own: only through the mesh can it learn that the name is taken.
    const { exitCode, stderr } = await site.run(['up', '--name', 'n5', ...flags], {
      env: { SKEIN_RUNTIME_DIR: join(site.folder, 'elsewhere') },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^skein: [^\n]*n5[^\n]*\(SKEIN_NAME_TAKEN\)\n$/);
    const downs = others('n5').flatMap(({ seen }, i) =>
      seen.slice(from[i]).filter(({ type }) => type === 'node:down'),
    );
    expect(downs).toEqual([]);
    expect((await witness('n1').client.send('n5', 'still you?')).delivered).toEqual(['n5']);
  });

  test('a leave is told to all as one', async () => {
    const leaving = nodes.get('n9') as RunningNode;
    const at = performance.now();
    await allSee(
      others('n9'),
      at,
      (one, from) => one.down('n9', 'left', from),
      () => leaving.process.kill('SIGTERM'),
    );
    expect((await leaving.ended).exitCode).toBe(0);
    expect(performance.now() - at).toBeLessThan(2000);
    const [left] = (await witness('n1').client.nodes({ all: true })).filter(({ name }) => name === 'n9');
    expect(left).toMatchObject({ reachable: false, left: true });
  });

  test('all leave, and no process and no entry is left', async () => {
    const running = names.filter((name) => name !== 'n9').map((name) => nodes.get(name) as RunningNode);
    for (const node of running) node.process.kill('SIGTERM');
    const ends = await Promise.all(running.map((node) => node.ended));
    expect(ends.map(({ exitCode }) => exitCode)).toEqual(running.map(() => 0));
    expect(pids.filter(isAlive)).toEqual([]);
    expect(readdirSync(join(site.folder, 'run'))).toEqual([]);
  });

  /** A node at two or more hops, and the one its messages pass through. */
  async function wayThrough(source: string): Promise<{ target: string; victim: string }> {
    for (const target of names.filter((name) => name !== source)) {
      const route = await witness(source).client.route(target);
      if (route.length > 1) return { target, victim: route[0] as string };
    }
    throw new Error('every node is a neighbor of every other: nothing would have to go around');
  }
});

/** One message after the other, until told to stop or one fails, which is thrown to whoever waits. */
function keepSending(client: SkeinNode, target: string) {
  const looks = new Set<() => void>();
  let sent = 0;
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      await client.send(target, sent++);
      for (const look of looks) look();
    }
  })();
  done.catch(() => undefined);
  const until = (count: number) =>
    Promise.race([
      done,
      new Promise<void>((resolve) => {
        looks.add(() => {
          if (sent >= count) resolve();
        });
      }),
    ]);
  return {
    flowing: until(5),
    more: (count: number) => until(sent + count),
    stop: (): Promise<void> => {
      stopped = true;
      return done;
    },
  };
}

describe('two ways between a source and a recipient, both through other processes', () => {
  const seedOnly = { discovery: false, degree: 0 } as const;
  const relays = new Map<string, RunningNode>();
  let site: Site;
  let source: SkeinNode;
  let recipient: SkeinNode;

  beforeAll(async () => {
    site = await Site.open();
    for (const name of ['r1', 'r2']) relays.set(name, await site.up(name, '--no-discovery', '--degree', '0'));
    const connect = [...relays.values()].map(({ address }) => address);
    source = await createNode({ name: 'source', connect, ...seedOnly });
    recipient = await createNode({ name: 'recipient', connect, ...seedOnly });
    await Promise.all(
      [source, recipient].map((node) => node.ready({ count: 4, links: 2, timeoutMs: 10_000 })),
    );
  });
  afterAll(async () => {
    await Promise.all([source.close({ drainMs: 0 }), recipient.close({ drainMs: 0 })]);
    await site.close();
  });

  test('a body of 20 MiB passes two hops whole', async () => {
    const body = randomBytes(20 * 1024 * 1024);
    const messages = recipient.messages<Uint8Array>({ kind: 'large' });
    await messages.opened;
    const { delivered } = await source.send('recipient', body, { kind: 'large', trace: true });
    expect(delivered).toEqual(['recipient']);
    for await (const message of messages) {
      expect(body.equals(message.body)).toBe(true);
      break;
    }
    expect(await source.route('recipient')).toHaveLength(2);
  });

  test('a relay is killed with messages in flight: each arrives once, and every receipt is true', async () => {
    const total = 4000;
    const arrived = new Map<number, number>();
    const passed = new Set<string>();
    let phase: 'runs' | 'stopped' | 'killed' = 'runs';
    const [relay] = (await source.route('recipient')) as [string];
    const signal = (next: 'stopped' | 'killed', name: 'SIGSTOP' | 'SIGKILL') => {
      phase = next;
      relays.get(relay)?.process.kill(name);
    };
    const subscription = recipient.handle<number>(
      ({ body, route }) => {
        arrived.set(body, (arrived.get(body) ?? 0) + 1);
        if (route?.[1] !== undefined) passed.add(route[1]);
        if (phase === 'runs' && arrived.size >= total / 4) signal('stopped', 'SIGSTOP');
      },
      { kind: 'flood' },
    );
    await subscription.opened;

    const lanes = Array.from({ length: 64 }, (_, lane) => lane);
    const delivered = new Set<number>();
    const problems: unknown[] = [];
    await Promise.all(
      lanes.map(async (lane) => {
        for (let number = lane; number < total; number += lanes.length) {
          const options = { kind: 'flood', trace: true };
          const sent = source.send('recipient', number, options).then(
            () => delivered.add(number),
            (problem: unknown) => problems.push(problem),
          );
          // What is sent to a relay that stands still is on its way for certain, once it has left this process.
          if (phase === 'stopped') setImmediate(() => setImmediate(() => signal('killed', 'SIGKILL')));
          await sent;
        }
      }),
    );
    await subscription.close();
    expect(problems).toEqual([]);
    expect(delivered.size).toBe(total);
    expect([...delivered].filter((number) => !arrived.has(number))).toEqual([]);
    expect([...arrived].filter(([, times]) => times !== 1)).toEqual([]);
    expect([...passed].sort()).toEqual(['r1', 'r2']);
    // The kill did hit messages on their way; without that all of the above would prove nothing.
    const { repeated } = (await source.status()).features.messaging as { repeated: number };
    expect(repeated).toBeGreaterThan(0);
  });
});
