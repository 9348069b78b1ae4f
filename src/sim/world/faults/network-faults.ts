/**
 * Faults of the network: what does not pass, passes late, breaks, or comes and goes.
 *
 * Who calls it: `faults.ts` makes them from a seed, tests and scenarios by hand. Invariant: as of every
 * fault: what one has done to the network is undone at its end.
 */

import type { Host } from '../machine/host.ts';
import type { Member } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import type { NetworkConditions, Rule, Slowness } from '../network/network.ts';
import type { SeededRandom } from '../random.ts';
import { type Fault, hostsOf, namesOf, recurringFault, ruleFault } from './fault.ts';

const cutIntervalMs = 400;
/** A host looks at its interfaces every 2 s. */
const noticedMsMax = 2000;
/** How long connectivity lasts, and is gone, each time. */
const flapMsMin = 100;
const flapMsMax = 2000;

/** Splits the members in two: nothing passes between the island and the rest. */
export function partition(island: readonly Member[]): Fault {
  const inside = hostsOf(island);
  const blocks = (from: Host, to: Host) => inside.has(from) !== inside.has(to);
  return ruleFault('partition', { name: `partition of ${namesOf(island)}`, blocks });
}

/** `in`: they no longer hear the others. `out`: they are no longer heard. */
export function oneWay(members: readonly Member[], direction: 'in' | 'out'): Fault {
  const inside = hostsOf(members);
  const rule: Rule = {
    name: `one-way ${direction} of ${namesOf(members)}`,
    blocks: (from, to) =>
      direction === 'in' ? !inside.has(from) && inside.has(to) : inside.has(from) && !inside.has(to),
  };
  return ruleFault('oneway', rule);
}

/** Nothing reaches these members nor leaves them; their programs run on. Never ends by itself. */
export function blackHole(members: readonly Member[]): Rule {
  const inside = hostsOf(members);
  return {
    name: `black hole around ${namesOf(members)}`,
    isWithinMachines: true,
    blocks: (from, to) => inside.has(from) || inside.has(to),
  };
}

/** Their connectivity comes and goes: to everybody, or (`among`) only between these members. */
export function flap(members: readonly Member[], scope: 'all' | 'among', random: SeededRandom): Fault {
  const inside = hostsOf(members);
  const blocks = (from: Host, to: Host) =>
    scope === 'all' ? inside.has(from) || inside.has(to) : inside.has(from) && inside.has(to);
  const text = `flapping ${scope === 'all' ? 'of' : 'between'} ${namesOf(members)}`;
  const rule: Rule = { name: text, blocks };
  let isDown = false;
  const turn = ({ network }: Mesh) => {
    isDown = !isDown;
    if (isDown) network.addRule(rule);
    else network.removeRule(rule);
  };
  const rest = () => random.between(flapMsMin, flapMsMax);
  return recurringFault('flap', text, rest, turn, (mesh) => mesh.network.removeRule(rule));
}

/** What goes to and from these members takes this many times as long, over thin lines. */
export function slowLinks(members: readonly Member[], latencyFactor: number, bytesPerSecond: number): Fault {
  const inside = hostsOf(members);
  const slowness: Slowness = {
    name: `slow links of ${namesOf(members)}: ${latencyFactor} x the latency, ${bytesPerSecond} bytes/s`,
    latencyFactor,
    bytesPerSecond,
    slows: (from, to) => inside.has(from) || inside.has(to),
  };
  return {
    name: 'slow',
    text: slowness.name,
    start: ({ network }) => network.addSlowness(slowness),
    end: ({ network }) => network.removeSlowness(slowness),
  };
}

/**
 * These machines come into another network: other addresses, with that of a bridge before them that they all have in
 * common. Their programs notice it a moment later, and again when they are back.
 */
export function move(members: readonly Member[], random: SeededRandom): Fault {
  const change = ({ network, world }: Mesh, hasMoved: boolean): void => {
    for (const { host, life } of members) {
      network.move(host, hasMoved);
      world.after(random.between(0, noticedMsMax), () => {
        if (life?.platform.isGone === false) life.platform.readdressed();
      });
    }
  };
  return {
    name: 'move',
    text: `move of ${namesOf(members)} to other addresses`,
    start: (mesh) => change(mesh, true),
    end: (mesh) => change(mesh, false),
  };
}

/** Connections break again and again; now and then only one end is told. */
export function cut(random: SeededRandom, atOnce: number): Fault {
  const rest = () => cutIntervalMs * random.between(0.5, 4);
  return recurringFault('cut', `${atOnce} connections cut at a time`, rest, ({ network }) => {
    const open = [...network.streams].filter((stream) => stream.isOpen);
    for (const stream of random.sample(open, atOnce)) {
      stream.cut(random.pick(['both', 'both', 'dialer', 'listener'] as const));
    }
  });
}

/** Packets are lost, doubled and late: a stream's bytes come later, datagrams as they may. */
export function loss(share: number): Fault {
  const worse = { loss: share, duplication: share, lateness: share };
  return conditionsFault('loss', `${(share * 100).toFixed(0)}% loss`, worse);
}

/** Datagrams alone are lost, doubled and late; streams are well. */
export function datagrams(lost: number, doubled: number, late: number): Fault {
  const percent = (share: number) => `${(share * 100).toFixed(0)}%`;
  const text = `datagrams: ${percent(lost)} lost, ${percent(doubled)} doubled, ${percent(late)} late`;
  return conditionsFault('datagrams', text, { datagramLoss: lost, duplication: doubled, lateness: late });
}

/** Sets conditions; two such faults at a time take turns, and the base comes back after the last. */
function conditionsFault(name: 'loss' | 'datagrams', text: string, worse: Partial<NetworkConditions>): Fault {
  return {
    name,
    text,
    start: ({ network }) => network.worsen(text, worse),
    end: ({ network }) => network.worsen(text, undefined),
  };
}
