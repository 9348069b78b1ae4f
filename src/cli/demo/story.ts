/**
 * The demo's story, step by step: a mesh forms, messages flow, a relay is killed, it comes back.
 *
 * Told by `demo.ts` in plain lines or beside a live picture. Invariant: every figure told was measured in
 * this run, and a step that does not come true in its time ends the story with an error.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from '../../node/node.ts';
import { plural } from '../kit/output.ts';
import { degree, Fleet } from './fleet.ts';
import { chooseJourney, type Journey, linkCount } from './journey.ts';
import { type Arrival, Traffic } from './traffic.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const stepTimeoutMs = 12_000;
/** How long a young mesh may look for more links before the demo helps. */
const settleTimeoutMs = 6000;
const pollIntervalMs = 20;

export interface Pace {
  /** Between two messages. */
  readonly messageIntervalMs: number;
  /** For people to look, between two steps. */
  readonly pauseMs: number;
  /** Messages that arrive before anything happens to them. */
  readonly calmMessages: number;
}

export class Story {
  readonly fleet: Fleet;
  readonly startedAt = performance.now();
  traffic: Traffic | undefined;
  /** The node that is down at the moment. */
  lost: string | undefined;
  private readonly tell: (line: string) => void;
  private readonly pace: Pace;

  private constructor(fleet: Fleet, tell: (line: string) => void, pace: Pace) {
    this.fleet = fleet;
    this.tell = tell;
    this.pace = pace;
  }

  static async open(tell: (line: string) => void, pace: Pace): Promise<Story> {
    return new Story(await Fleet.open(), tell, pace);
  }

  get names(): readonly string[] {
    return names;
  }

  /** Five processes that know nothing of each other become one mesh. */
  async begin(): Promise<void> {
    const { discoveryPort } = this.fleet;
    this.tell(
      `starting ${names.join(', ')}: five processes, degree ${degree}, no address of each other, UDP port ${discoveryPort}`,
    );
    const readyMs = await inTime('the nodes start', Promise.all(names.map((name) => this.fleet.start(name))));
    this.tell(`all listen; the slowest was ready ${round(Math.max(...readyMs))} after its start`);
    await this.allKnow(names.length, 'the nodes find each other');
    const topology = await this.topology(names[0] as string);
    const links = `${names.length} nodes, ${linkCount(topology)} links`;
    this.tell(`found each other by UDP alone: ${links}, ${round(this.elapsedMs)} after the first start`);
    for (const [name, neighbors] of Object.entries(topology))
      this.tell(`  ${name} is linked to ${neighbors.join(', ')}`);
  }

  /** Messages flow, the node that relays them dies and comes back. */
  async loseRelay(): Promise<void> {
    const { traffic, calm } = await this.relayedTraffic();
    const relay = calm.route[1] as string;
    const every = `every ${this.pace.messageIntervalMs} ms`;
    this.tell(`${traffic.source} sends to ${traffic.destination} ${every}, by ${describeRoute(calm.route)}`);
    await sleep(this.pace.pauseMs);
    await this.killRelay(traffic, relay);
    await sleep(this.pace.pauseMs);
    await this.bringBack(relay);
    await sleep(this.pace.pauseMs);
    await this.settle(traffic);
  }

  async end(): Promise<void> {
    const before = performance.now();
    this.traffic?.abandon();
    await this.fleet.close();
    this.tell(`all nodes have left after ${round(performance.now() - before)}; no process is left behind`);
  }

  topology(asked: string): Promise<Topology> {
    return this.fleet.get(asked).client.call('topology', {});
  }

  /** Two that were not linked when they were chosen may be since: then two others. */
  private async relayedTraffic(): Promise<{ traffic: Traffic; calm: Arrival }> {
    const giveUpAt = performance.now() + stepTimeoutMs;
    for (;;) {
      const traffic = await this.startTraffic();
      const calm = await inTime('messages arrive', this.calm(traffic));
      if (calm !== undefined) return { traffic, calm };
      if (performance.now() > giveUpAt) throw new Error('no two nodes stayed without a direct link');
      await inTime('the last receipts arrive', traffic.stop());
    }
  }

  private async startTraffic(): Promise<Traffic> {
    const { from, to } = await this.findJourney();
    this.traffic = await Traffic.start(this.fleet.get(from), this.fleet.get(to), this.pace.messageIntervalMs);
    return this.traffic;
  }

  /** A young mesh may still be looking for links; one that stays without a detour gets a ring by hand. */
  private async findJourney(): Promise<Journey> {
    const first = names[0] as string;
    const giveUpAt = performance.now() + settleTimeoutMs;
    while (performance.now() < giveUpAt) {
      const topology = await this.topology(first);
      const isSettled = Object.values(topology).every((links) => links.length >= degree);
      const journey = chooseJourney(topology);
      if (isSettled && journey?.hasDetour === true) return journey;
      // Where everybody is everybody's neighbor there is nothing to relay.
      if (isSettled && journey === undefined) await this.hangup(first, topology[first]?.[0]);
      await sleep(pollIntervalMs);
    }
    this.tell('no two nodes had two ways to each other: linking all in a ring by hand');
    await this.linkInRing();
    return inTime('the ring is known', this.journeyWithDetour(first));
  }

  private async hangup(name: string, neighbor: string | undefined): Promise<void> {
    if (neighbor === undefined) return;
    this.tell(`everybody was linked to everybody: ${name} hangs up on ${neighbor}`);
    await this.fleet.get(name).client.call('hangup', { node: neighbor });
  }

  private async linkInRing(): Promise<void> {
    for (const [index, name] of names.entries()) {
      const next = this.fleet.get(names[(index + 1) % names.length] as string);
      const [address = ''] = (await next.client.call('status', {})).addresses;
      // Most are linked already, which is as good.
      await this.fleet
        .get(name)
        .client.call('dial', { address })
        .catch(() => {});
    }
  }

  private async journeyWithDetour(asked: string): Promise<Journey> {
    for (;;) {
      const journey = chooseJourney(await this.topology(asked));
      if (journey?.hasDetour === true) return journey;
      await sleep(pollIntervalMs);
    }
  }

  /** Undefined: after all of them they still come directly. */
  private async calm(traffic: Traffic): Promise<Arrival | undefined> {
    let last = await traffic.arrival(() => true);
    for (let left = this.pace.calmMessages; left > 1; left--) last = await traffic.arrival(() => true);
    return last.route.length > 2 ? last : undefined;
  }

  private async killRelay(traffic: Traffic, relay: string): Promise<void> {
    const sentBefore = traffic.sent;
    const around = traffic.arrival(({ route }) => !route.includes(relay));
    const killedAt = performance.now();
    this.lost = relay;
    await this.fleet.kill(relay);
    const known = this.allKnow(names.length - 1, `the others know that ${relay} is gone`).then(() =>
      performance.now(),
    );
    const { at, route } = await inTime(`traffic goes around ${relay}`, around);
    const meanwhile = `${traffic.sent - sentBefore} sent meanwhile`;
    this.tell(
      `${relay} killed; traffic around it after ${round(at - killedAt)}, by ${describeRoute(route)}; ${meanwhile}`,
    );
    this.tell(`its end was known to the other ${names.length - 1} after ${round((await known) - killedAt)}`);
  }

  private async bringBack(relay: string): Promise<void> {
    const before = performance.now();
    const readyMs = await inTime(`${relay} starts again`, this.fleet.start(relay));
    await this.allKnow(names.length, `${relay} comes back`);
    this.lost = undefined;
    const sinceReady = round(performance.now() - before - readyMs);
    this.tell(`${relay} started again; back in the mesh, known to all, ${sinceReady} after it listened`);
  }

  private async settle(traffic: Traffic): Promise<void> {
    await inTime('the last receipts arrive', traffic.stop());
    const { sent, delivered, missing, duplicates } = traffic;
    const lost = missing === 0 ? 'none lost' : `${missing} lost`;
    const twice = duplicates === 0 ? 'none twice' : `${duplicates} twice`;
    this.tell(`${sent} messages sent, ${delivered} delivered, ${lost}, ${twice}`);
    if (missing > 0 || duplicates > 0) throw new Error(`messages were lost or came twice: ${lost}, ${twice}`);
  }

  /** Every running node sees exactly this many. */
  private allKnow(count: number, step: string): Promise<void> {
    const look = async () => {
      const clients = [...this.fleet.nodes.values()].map((node) => node.client);
      const all = await Promise.all(clients.map((client) => client.call('status', {})));
      return all.every((status) => status.nodeCount === count);
    };
    return inTime(step, until(look));
  }

  get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }
}

function describeRoute(route: readonly string[]): string {
  return `${route.join(' -> ')} (${plural(route.length - 1, 'hop')})`;
}

function round(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await sleep(pollIntervalMs);
}

async function inTime<Value>(step: string, work: Promise<Value>): Promise<Value> {
  const late = new AbortController();
  const timeout = sleep(stepTimeoutMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${step}: not within ${stepTimeoutMs / 1000} s`);
  });
  timeout.catch(() => {});
  try {
    return await Promise.race([work, timeout]);
  } finally {
    late.abort();
  }
}
