import { beforeEach, describe, expect, test } from 'vitest';
import type { BehaviorAgent, Neighbor, Route } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { topologyLimits } from './limits.ts';
import { decodeProbe, decodeProbeReply, encodeProbeReply, type Probe, type ProbeReply } from './messages.ts';
import { NameWatch } from './name-watch.ts';

const mine = '5555555555555555';
const higher = '9999999999999999';
const lower = '1111111111111111';
const neighborLink = 31;

let now: number;
let uptimeMs: number;
let sent: { to: Route | number; probe: Probe | undefined; reply: ProbeReply | undefined }[];
let verdicts: [link: number, verdict: Failure | undefined][];
let failures: Failure[];
let outbids: number[];
let gaveWay: number;
let watch: NameWatch;

const record = (to: Route | number, bytes: Uint8Array): void =>
  void sent.push({ to, probe: decodeProbe(bytes), reply: decodeProbeReply(bytes) });
const agent = {
  get now() {
    return now;
  },
  self: { id: 1, name: 'me', instance: mine },
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
  uptimeMs = 10_000;
  gaveWay = 0;
  [sent, verdicts, failures, outbids] = [[], [], [], []];
  watch = new NameWatch({
    outbid: (epoch) => outbids.push(epoch),
    giveWay: () => gaveWay++,
    uptimeMs: () => uptimeMs,
  });
});

/** Lets time pass as the kernel does: it looks when the watch wants to be looked at. */
function pass(milliseconds: number): void {
  const end = now + milliseconds;
  for (let at = watch.nextDeadline(); at <= end; at = watch.nextDeadline()) {
    now = at;
    watch.deadline(agent, now);
  }
  now = end;
}

const answer = (instance: string, theirUptimeMs: number): ProbeReply => ({
  nonce: sent.at(-1)?.probe?.nonce ?? -1,
  prober: mine,
  instance,
  uptimeMs: theirUptimeMs,
});

describe('a newcomer with the name of a node known as living', () => {
  const newcomer = { link: 77, id: 20, name: 'x', instance: lower, uptimeMs: 100 } as Neighbor;

  test('waits while that node is asked, and is refused when it answers', () => {
    watch.hold(agent, newcomer);
    expect([sent[0]?.to, sent[0]?.probe]).toMatchObject([
      { to: 'node', node: 20 },
      { via: 1, prober: lower },
    ]);
    const reply = { ...answer(higher, 5), prober: lower };
    watch.replied(agent, 20, reply, encodeProbeReply(reply));
    expect(verdicts).toMatchObject([[77, { code: 'SKEIN_NAME_TAKEN' }]]);
    pass(5000);
    expect(verdicts).toHaveLength(1);
  });

  test('is let in when it is the older of the two, cut off for a while: they settle it themselves', () => {
    watch.hold(agent, { ...newcomer, uptimeMs: 60_000 });
    const reply = { ...answer(higher, 5000), prober: lower };
    watch.replied(agent, 20, reply, encodeProbeReply(reply));
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
    const reply = { ...answer(higher, 5), nonce: 12_345 };
    watch.replied(agent, 20, reply, encodeProbeReply(reply));
    pass(topologyLimits.nameProbeMs);
    expect(verdicts).toEqual([[77, undefined]]);
  });
});

describe('our own name with another instance', () => {
  test('that has long been out of reach is taken over at once', () => {
    watch.contested(agent, neighborLink, 4, true);
    expect([outbids, sent]).toEqual([[4], []]);
  });

  test('is asked by way of the neighbor that showed it, and taken over after a second of silence', () => {
    watch.contested(agent, neighborLink, 4, false);
    expect(sent).toMatchObject([{ to: neighborLink, probe: { via: 40, prober: mine } }]);
    pass(topologyLimits.nameProbeMs - 1);
    expect(outbids).toEqual([]);
    pass(1);
    expect([outbids, failures]).toEqual([[4], []]);
  });

  test('that answers and is older makes this node leave', () => {
    watch.contested(agent, neighborLink, 4, false);
    watch.answered(agent, answer(lower, 60_000));
    pass(5000);
    expect([failures.map(({ code }) => code), outbids]).toEqual([['SKEIN_NAME_TAKEN'], []]);
  });

  test('that answers and is younger has to give way: this node outbids it', () => {
    watch.contested(agent, neighborLink, 4, false);
    watch.answered(agent, answer(higher, 200));
    expect([failures, outbids]).toEqual([[], [4]]);
  });

  test('is asked once at a time, and outbid at most once a second, but not forgotten', () => {
    watch.contested(agent, neighborLink, 4, false);
    watch.contested(agent, neighborLink, 5, false);
    expect(sent).toHaveLength(1);
    watch.answered(agent, answer(higher, 200));
    watch.contested(agent, neighborLink, 9, true);
    expect(outbids).toEqual([4]);
    pass(topologyLimits.outbidIntervalMs);
    expect(outbids).toEqual([4, 9]);
  });
});

describe('two that started together and meet', () => {
  test('decide alike which of them leaves', () => {
    watch.namesake(agent, lower, uptimeMs + 300);
    expect(failures).toEqual([]);
    watch.namesake(agent, higher, uptimeMs - 300);
    expect([failures, gaveWay]).toEqual([[], 0]);
    pass(topologyLimits.giveWayMs);
    expect([failures.map(({ code }) => code), gaveWay]).toEqual([['SKEIN_NAME_TAKEN'], 1]);
  });

  test('by age where it differs by more than their clocks can', () => {
    watch.namesake(agent, higher, uptimeMs - 5000);
    expect(failures).toEqual([]);
    watch.namesake(agent, lower, uptimeMs + 5000);
    pass(topologyLimits.giveWayMs);
    expect(failures).toHaveLength(1);
  });
});

/** How often we stay when one that is so much younger answers again and again. */
function stays(instance: string, olderByMs: number): number {
  let times = 0;
  while (times < 20 && failures.length === 0) {
    watch.contested(agent, neighborLink, 4, false);
    watch.answered(agent, answer(instance, uptimeMs - olderByMs));
    pass(topologyLimits.giveWayMs);
    if (failures.length === 0) times++;
  }
  return times;
}

test('two that both think the other the younger do not argue for ever: the instance decides', () => {
  expect(stays(lower, 1.5 * topologyLimits.nameProbeMs)).toBe(20);
  expect(stays(higher, 1.5 * topologyLimits.nameProbeMs)).toBe(topologyLimits.nameContestsMax);
});

test('the older by far stays, however often the younger answers before it has gone', () => {
  expect(stays(higher, 16_000)).toBe(20);
});

test('one that is to leave no longer argues about the name', () => {
  watch.namesake(agent, higher, uptimeMs + 60_000);
  watch.contested(agent, neighborLink, 4, true);
  watch.contested(agent, neighborLink, 4, false);
  expect([outbids, sent]).toEqual([[], []]);
});

describe('a probe', () => {
  test('of another life is answered to the node that asked, with our age', () => {
    uptimeMs = 1234.4;
    watch.probed(agent, { nonce: 8, via: 40, prober: higher });
    expect(sent).toMatchObject([
      { to: { to: 'node', node: 40 }, reply: { nonce: 8, prober: higher, instance: mine, uptimeMs: 1234 } },
    ]);
  });

  test('of our own comes back unanswered', () => {
    watch.probed(agent, { nonce: 8, via: 40, prober: mine });
    expect(sent).toEqual([]);
  });

  test('that a neighbor sent through us has its reply passed on, to that life of it only', () => {
    const reply = { nonce: 8, prober: higher, instance: lower, uptimeMs: 1 };
    watch.replied(agent, 40, reply, encodeProbeReply(reply));
    watch.replied(agent, 40, { ...reply, prober: lower }, encodeProbeReply({ ...reply, prober: lower }));
    expect(sent).toMatchObject([{ to: neighborLink, reply }]);
    expect(sent).toHaveLength(1);
  });
});
