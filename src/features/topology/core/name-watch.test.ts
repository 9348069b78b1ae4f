import { beforeEach, describe, expect, test } from 'vitest';
import type { BehaviorAgent, Neighbor, Route } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { limits } from '../../../kernel/limits.ts';
import { type Claim, sameIsland } from './claims.ts';
import { topologyLimits } from './limits.ts';
import {
  decodeProbe,
  decodeProbeReply,
  encodeProbe,
  encodeProbeReply,
  type Probe,
  type ProbeReply,
} from './messages.ts';
import { NameWatch } from './name-watch.ts';

const mine = '5555555555555555';
const higher = '9999999999999999';
const lower = '1111111111111111';
const neighborLink = 31;

let now: number;
/** Nodes that we reach, and since when. */
let reached: Map<number, number>;
let sent: { to: Route | number; probe: Probe | undefined; reply: ProbeReply | undefined }[];
let verdicts: [link: number, verdict: Failure | undefined][];
let failures: Failure[];
let outbids: number[];
let gaveWay: number;
let watch: NameWatch;

const entryOf = (id: number) => {
  const since = reached.get(id);
  return since === undefined ? undefined : { id, reachable: true, since, steadySince: since };
};

const record = (to: Route | number, bytes: Uint8Array): void =>
  void sent.push({ to, probe: decodeProbe(bytes), reply: decodeProbeReply(bytes) });
const agent = {
  get now() {
    return now;
  },
  self: { id: 1, name: 'me', instance: mine, startedAt: 0 },
  directory: { get: (id: number) => entryOf(id), entries: () => [...reached.keys()].map(entryOf) },
  random: { next: () => 0.25 + sent.length / 1000, bytes: () => new Uint8Array(0) },
  neighbors: new Map([[40, { id: 40, link: neighborLink, instance: higher } as Neighbor]]),
  send: (route: Route, bytes: Uint8Array) => record(route, bytes),
  sendVia: (link: number, _destination: number, bytes: Uint8Array) => record(link, bytes),
  sendOnLink: (link: number, bytes: Uint8Array) => record(link, bytes),
  resolveCheck: (link: number, verdict: Failure | undefined) => verdicts.push([link, verdict]),
  fail: (failure: Failure) => failures.push(failure),
} as unknown as BehaviorAgent;

beforeEach(() => {
  now = 10_000;
  reached = new Map([[40, 0]]);
  gaveWay = 0;
  [sent, verdicts, failures, outbids] = [[], [], [], []];
  watch = newWatch();
});

function newWatch(): NameWatch {
  return new NameWatch({
    outbid: (epoch) => outbids.push(epoch),
    giveWay: () => gaveWay++,
  });
}

/** Lets time pass as the kernel does: it looks when the watch wants to be looked at. */
function pass(milliseconds: number): void {
  const end = now + milliseconds;
  for (let at = watch.nextDeadline(); at <= end; at = watch.nextDeadline()) {
    now = at;
    watch.deadline(agent, now);
  }
  now = end;
}

const answer = (instance: string, stays: boolean): ProbeReply => ({
  nonce: sent.at(-1)?.probe?.nonce ?? -1,
  prober: mine,
  instance,
  stays,
});

/** A record of our name that another made; it is linked to a node that we do not reach. */
const rival = (epoch: number, links: number[] = [77], instance = higher) => ({ epoch, instance, links });

const codes = () => failures.map(({ code }) => code);

describe('a newcomer with the name of a node known as living', () => {
  const newcomer = {
    link: 77,
    id: 20,
    name: 'x',
    instance: lower,
    uptimeMs: 100,
    islandNodes: 3,
  } as Neighbor;
  const replied = (changes: Partial<ProbeReply>) => {
    const reply = { ...answer(higher, true), prober: lower, ...changes };
    watch.replied(agent, 20, reply, encodeProbeReply(reply));
  };

  test('waits while that node is asked, with what it said of itself, and is refused when it stays', () => {
    watch.hold(agent, newcomer);
    expect([sent[0]?.to, sent[0]?.probe]).toMatchObject([
      { to: 'node', node: 20 },
      {
        via: 1,
        claim: { instance: lower, uptimeMs: 100, islandNodes: 3 },
        stays: false,
      },
    ]);
    replied({});
    expect(verdicts).toMatchObject([[77, { code: 'SKEIN_NAME_TAKEN' }]]);
    pass(5000);
    expect(verdicts).toHaveLength(1);
  });

  test('is let in when that node does not stay against it: they settle it themselves', () => {
    watch.hold(agent, newcomer);
    replied({ stays: false });
    expect(verdicts).toEqual([[77, undefined]]);
  });

  test('is let in after a second of silence', () => {
    watch.hold(agent, newcomer);
    pass(topologyLimits.nameProbeMs - 1);
    expect(verdicts).toEqual([]);
    pass(1);
    expect(verdicts).toEqual([[77, undefined]]);
  });

  test('is not refused by a reply to some other question', () => {
    watch.hold(agent, newcomer);
    replied({ nonce: 12_345 });
    pass(topologyLimits.nameProbeMs);
    expect(verdicts).toEqual([[77, undefined]]);
  });
});

describe('our own name with another instance', () => {
  test('that has long been out of reach is taken over at once', () => {
    watch.contested(agent, neighborLink, rival(4), true);
    expect([outbids, sent]).toEqual([[4], []]);
  });

  test('is asked by way of the neighbor that showed it, and taken over after a second of silence', () => {
    watch.contested(agent, neighborLink, rival(4), false);
    const claim = { instance: mine, uptimeMs: 10_000, islandNodes: 2 };
    expect(sent).toMatchObject([{ to: neighborLink, probe: { via: 40, claim, stays: false } }]);
    pass(topologyLimits.nameProbeMs - 1);
    expect(outbids).toEqual([]);
    pass(1);
    expect([outbids, failures]).toEqual([[4], []]);
  });

  test('is asked without the nodes that have come within reach with it', () => {
    reached = new Map([
      [40, 0],
      [41, now - limits.islandSettledMs],
      [42, now - limits.islandSettledMs + 1],
      [43, now],
    ]);
    watch.contested(agent, neighborLink, rival(4), false);
    expect(sent[0]?.probe?.claim.islandNodes).toBe(3);
  });

  test('is asked without any size where it is linked to nodes of our own island alone', () => {
    watch.contested(agent, neighborLink, rival(4, [40]), false);
    expect(sent[0]?.probe?.claim.islandNodes).toBe(sameIsland);
  });

  test.each([[[]], [[40, 77]]])('is asked with the size where it is linked to %j', (links) => {
    watch.contested(agent, neighborLink, rival(4, links), false);
    expect(sent[0]?.probe?.claim.islandNodes).toBe(2);
  });

  test('that answers that it stays makes this node leave, once it can have outbid our record', () => {
    watch.contested(agent, neighborLink, rival(4), false);
    watch.answered(agent, answer(lower, true));
    pass(topologyLimits.giveWayMs - 1);
    expect([codes(), gaveWay]).toEqual([[], 0]);
    pass(1);
    expect([codes(), gaveWay, outbids]).toEqual([['SKEIN_NAME_TAKEN'], 1, []]);
  });

  test('that answers that it does not stay is outbid, and is told from then on that we stay', () => {
    watch.contested(agent, neighborLink, rival(4), false);
    watch.answered(agent, answer(higher, false));
    expect([failures, outbids]).toEqual([[], [4]]);
    watch.contested(agent, neighborLink, rival(4), false);
    expect(sent.at(-1)?.probe?.stays).toBe(true);
  });

  test('is asked once at a time, and outbid at most once a second, but not forgotten', () => {
    watch.contested(agent, neighborLink, rival(4), false);
    watch.contested(agent, neighborLink, rival(5), false);
    expect(sent).toHaveLength(1);
    watch.answered(agent, answer(higher, false));
    watch.contested(agent, neighborLink, rival(9), true);
    expect(outbids).toEqual([4]);
    pass(topologyLimits.outbidIntervalMs);
    expect(outbids).toEqual([4, 9]);
  });
});

describe('a handshake with a node of our own name', () => {
  const namesake = (changes: Partial<Neighbor>) =>
    ({
      instance: higher,
      uptimeMs: 10_000,
      islandNodes: 2,
      direction: 'incoming',
      ...changes,
    }) as Neighbor;

  test.each<[string, Partial<Neighbor>]>([
    ['that is older', { uptimeMs: 10_001 }],
    ['of a larger island', { islandNodes: 3, uptimeMs: 0 }],
    ['of our age and a lesser instance', { instance: lower }],
  ])('that came in is accepted from one %s, so that it refuses us', (_which, changes) => {
    expect(watch.meets(agent, namesake(changes))).toBeUndefined();
    watch.rivalStays(agent, changes.instance ?? higher);
    pass(topologyLimits.giveWayMs);
    expect(codes()).toEqual(['SKEIN_NAME_TAKEN']);
  });

  test.each<[string, Partial<Neighbor>]>([
    ['that is younger', { uptimeMs: 9999 }],
    ['of a smaller island', { islandNodes: 1, uptimeMs: 60_000 }],
    ['of our age and a greater instance', {}],
  ])('that came in is refused to one %s', (_which, changes) => {
    expect(watch.meets(agent, namesake(changes))).toMatchObject({ code: 'SKEIN_NAME_TAKEN' });
  });

  test('that we dialed is refused whatever it says: it has accepted, so it does not stay', () => {
    const older = namesake({ direction: 'outgoing', uptimeMs: 60_000, islandNodes: 50 });
    expect(watch.meets(agent, older)).toMatchObject({ code: 'SKEIN_NAME_TAKEN' });
  });

  test('is judged as before when it is the second, though the other has grown meanwhile', () => {
    expect(watch.meets(agent, namesake({}))).toBeDefined();
    expect(watch.meets(agent, namesake({ islandNodes: 50 }))).toBeDefined();
    pass(topologyLimits.namePromiseKeptMs);
    expect(watch.meets(agent, namesake({ islandNodes: 50 }))).toBeUndefined();
  });
});

describe('two that have both said that they stay', () => {
  const stay = (instance: string) =>
    watch.meets(agent, { instance, direction: 'outgoing' } as unknown as Neighbor);

  test.each([
    ['ends when the other has the lesser instance', lower, 1],
    ['stays when the other has the greater instance', higher, 0],
  ])('hear of each other: one %s', (_which, instance, ended) => {
    stay(instance);
    watch.rivalStays(agent, instance);
    pass(topologyLimits.giveWayMs);
    expect(failures).toHaveLength(ended);
  });

  test.each([
    ['by a probe', (instance: string) => ask(instance, { stays: true })],
    ['by a refusal of somebody else', () => watch.turnedAway(agent)],
    ['by a reply', (instance: string) => reply(instance)],
  ])('hear of each other %s: the lesser instance stays', (_how, hear) => {
    stay(higher);
    hear(higher);
    pass(topologyLimits.giveWayMs);
    expect(failures).toEqual([]);
    watch = newWatch();
    stay(lower);
    hear(lower);
    pass(topologyLimits.giveWayMs);
    expect(failures).toHaveLength(1);
  });

  function reply(instance: string): void {
    watch.contested(agent, neighborLink, rival(4, [77], instance), false);
    watch.answered(agent, answer(instance, true));
  }
});

test('whoever is turned away, for a node of its name has said that it stays, ends', () => {
  watch.turnedAway(agent);
  pass(topologyLimits.giveWayMs);
  expect(codes()).toEqual(['SKEIN_NAME_TAKEN']);
});

test('one that is to leave no longer argues about the name, and stays against nobody', () => {
  watch.rivalStays(agent, higher);
  watch.contested(agent, neighborLink, rival(4), true);
  watch.contested(agent, neighborLink, rival(4), false);
  expect([outbids, sent]).toEqual([[], []]);
  ask(higher, { uptimeMs: 0 });
  expect(sent.at(-1)?.reply?.stays).toBe(false);
});

test('one without neighbors ends at once, and takes nothing over any more', () => {
  const alone = Object.assign(Object.create(agent) as BehaviorAgent, { neighbors: new Map() });
  watch.contested(agent, neighborLink, rival(4), false);
  watch.answered(alone, answer(lower, true));
  pass(topologyLimits.outbidIntervalMs * 2);
  expect([codes(), outbids]).toEqual([['SKEIN_NAME_TAKEN'], []]);
});

/** Another life asks, or is asked for. */
function ask(
  instance: string,
  { uptimeMs = 0, islandNodes = 2, stays = false }: Partial<Claim & Pick<Probe, 'stays'>>,
  via = 40,
): void {
  watch.probed(agent, { nonce: 8, via, claim: { instance, uptimeMs, islandNodes }, stays });
}

describe('a probe', () => {
  test('of another life is answered to the node that asked, with whether we stay', () => {
    ask(higher, { uptimeMs: 9999 }, 50);
    ask(higher.replace('9', '8'), { uptimeMs: 10_001 });
    expect(sent).toMatchObject([
      { to: { to: 'node', node: 50 }, reply: { nonce: 8, prober: higher, instance: mine, stays: true } },
      { reply: { stays: false } },
    ]);
  });

  test('is read with no larger island than can be known, and not at all where its word is neither yes nor no', () => {
    const claim = { instance: lower, uptimeMs: 7, islandNodes: 2 ** 32 - 1 };
    const bytes = encodeProbe({ nonce: 8, via: 40, claim, stays: true });
    expect(decodeProbe(bytes)).toEqual({
      nonce: 8,
      via: 40,
      claim: { ...claim, islandNodes: limits.recordsMax },
      stays: true,
    });
    bytes[bytes.length - 1] = 2;
    expect(decodeProbe(bytes)).toBeUndefined();
    const reply = encodeProbeReply({ nonce: 8, prober: lower, instance: mine, stays: false });
    expect(decodeProbeReply(reply)?.stays).toBe(false);
    reply[reply.length - 1] = 2;
    expect(decodeProbeReply(reply)).toBeUndefined();
  });

  test('that a neighbor sent is answered over its link, though no route to it may be known yet', () => {
    ask(higher, {});
    expect(sent).toMatchObject([{ to: neighborLink, reply: { stays: true } }]);
  });

  test('is weighed without the nodes that have come within reach a moment before', () => {
    reached.set(41, now - limits.islandSettledMs + 1);
    ask(higher, { uptimeMs: 60_000, islandNodes: 3 });
    pass(1);
    ask(lower, { uptimeMs: 0, islandNodes: 2 });
    expect(sent.map(({ reply }) => reply?.stays)).toEqual([false, true]);
  });

  test('is answered alike again, though the other has grown meanwhile', () => {
    ask(higher, {});
    ask(higher, { islandNodes: 50 });
    expect(sent.map(({ reply }) => reply?.stays)).toEqual([true, true]);
    pass(topologyLimits.namePromiseKeptMs);
    ask(higher, { islandNodes: 50 });
    expect(sent.at(-1)?.reply?.stays).toBe(false);
  });

  test('of one that has said that it stays makes us leave, whatever its claim, unless we have said so too', () => {
    ask(higher, { stays: true });
    expect(sent.at(-1)?.reply?.stays).toBe(false);
    pass(topologyLimits.giveWayMs);
    expect(codes()).toEqual(['SKEIN_NAME_TAKEN']);
  });

  test('of our own comes back unanswered', () => {
    ask(mine, {});
    expect(sent).toEqual([]);
  });

  test('that a neighbor sent through us has its reply passed on, to that life of it only', () => {
    const reply = { nonce: 8, prober: higher, instance: lower, stays: true };
    watch.replied(agent, 40, reply, encodeProbeReply(reply));
    watch.replied(agent, 40, { ...reply, prober: lower }, encodeProbeReply({ ...reply, prober: lower }));
    expect(sent).toMatchObject([{ to: neighborLink, reply }]);
    expect(sent).toHaveLength(1);
  });
});
