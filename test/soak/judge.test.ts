/**
 * The judge itself on trial: each kind of violation is planted and must be found, and what only looks like one
 * must not be. The facts are given, no process is started.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { emptyPages } from './diary.ts';
import type { Life } from './history.ts';
import { Judge } from './judge.ts';
import type { Ended, Report, Seen, Sent } from './protocol.ts';

const timeoutMs = 10_000;
let judge: Judge;
let a: Life;
let b: Life;
let c: Life;

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  judge = new Judge(['a', 'b', 'c'], timeoutMs);
  [a, b, c] = [start('a', 0), start('b', 1), start('c', 2)];
  link(a, b);
  link(b, c);
});

function start(name: string, host: number, number = 1): Life {
  const life = judge.history.begin(name, number, host, 0);
  life.readyMs = 0;
  return life;
}

function link(one: Life, other: Life, atMs = 1000): void {
  report(one, { throughMs: atMs, links: [seen(other.name, true, atMs)] });
  report(other, { throughMs: atMs, links: [seen(one.name, true, atMs)] });
}

function report(life: Life, parts: Partial<Report>): void {
  judge.report(life, { type: 'report', throughMs: 60_000, ...emptyPages(), ...parts });
}

function seen(node: string, up: boolean, atMs: number, reason = up ? '' : 'lost'): Seen {
  return { node, up, reason, atMs };
}

const sent = (key: string, to: Sent['to'], atMs = 20_000): Sent => ({ key, to, atMs, timeouts: 1 });
const ended = (key: string, delivered: Ended['delivered'], atMs = 20_100): Ended => ({
  key,
  atMs,
  delivered,
  missing: [],
});

function verdict(): string[] {
  for (const life of judge.history.running()) life.throughMs = Math.max(life.throughMs, 60_000);
  judge.check(true);
  return judge.violations.map(({ kind }) => kind);
}

describe('a node told down', () => {
  const told = () => report(a, { nodes: [seen('c', false, 30_000)] });

  test('is a false death while a way by untouched links stood', () => {
    told();
    expect(verdict()).toEqual(['false death']);
    expect(judge.violations[0]?.text).toContain('a - b - c');
  });

  test('is true when it was killed, also when it is back', () => {
    c.killed = true;
    c.endedMs = 29_000;
    start('c', 2, 2).readyMs = 29_500;
    told();
    expect(verdict()).toEqual([]);
  });

  test('is true when a process on the only way was stopped', () => {
    b.stops.push({ fromMs: 22_000, toMs: 27_000 });
    told();
    expect(verdict()).toEqual([]);
  });

  test('is false when the stop was over long before', () => {
    b.stops.push({ fromMs: 15_000, toMs: 20_000 });
    told();
    expect(verdict()).toEqual(['false death']);
  });

  test('is true when its host was cut off, one way too', () => {
    judge.history.blocks.push({ kind: 'one-way', from: 2, to: 1, fromMs: 24_000, toMs: 29_000 });
    told();
    expect(verdict()).toEqual([]);
  });

  test('is true when the loop of one of them stood still', () => {
    report(b, { gaps: [{ fromMs: 25_000, toMs: 29_000 }] });
    told();
    expect(verdict()).toEqual([]);
  });

  test('is a false death when their link ended without a cause, which is one too', () => {
    report(b, { links: [seen('c', false, 29_000, 'silent')] });
    told();
    expect(verdict().sort()).toEqual(['false death', 'false end of a link']);
  });

  test('is true when a link of the only way had rightly ended a while before', () => {
    b.ownEnds.push({ fromMs: 23_000, toMs: 23_500 });
    report(b, { links: [seen('c', false, 28_000, 'closed')] });
    report(c, { links: [seen('b', false, 28_002, 'closed')] });
    told();
    expect(verdict()).toEqual([]);
  });

  test('is true when the newest link of the only way had ended at once', () => {
    report(b, { links: [seen('c', false, 10_000, 'closed'), seen('c', true, 23_000)] });
    b.ownEnds.push({ fromMs: 9000, toMs: 10_000 });
    report(c, { links: [seen('b', false, 10_000, 'closed'), seen('b', true, 23_000)] });
    report(c, { links: [seen('b', false, 28_000, 'closed')] });
    told();
    expect(verdict()).toEqual([]);
  });

  test('as having left is false until it was told to leave', () => {
    report(a, { nodes: [seen('c', false, 30_000, 'left')] });
    expect(verdict()).toEqual(['false death']);
  });
});

describe('a receipt', () => {
  test('is true when the recipient reports the message, whichever of its lives', () => {
    report(a, { sent: [sent('a/1/1', ['b'])], ended: [ended('a/1/1', ['b'])] });
    report(start('b', 1, 2), { received: ['a/1/1'] });
    expect(verdict()).toEqual([]);
  });

  test('is false when it never does', () => {
    report(a, { sent: [sent('a/1/1', ['b'])], ended: [ended('a/1/1', ['b'])] });
    expect(verdict()).toEqual(['false receipt']);
  });

  test('is not held against a recipient that was killed before it could report', () => {
    report(b, { throughMs: 20_050 });
    Object.assign(b, { killed: true, endedMs: 20_080 });
    report(a, { sent: [sent('a/1/1', ['b'])], ended: [ended('a/1/1', ['b'])] });
    expect(verdict()).toEqual([]);
  });

  test('is false when the recipient was killed only after it had reported without it', () => {
    report(b, { throughMs: 21_000 });
    Object.assign(b, { killed: true, endedMs: 21_080 });
    report(a, { sent: [sent('a/1/1', ['b'])], ended: [ended('a/1/1', ['b'])] });
    expect(verdict()).toEqual(['false receipt']);
  });

  test('that is only counted is false when there are more than recipients', () => {
    report(a, { sent: [sent('a/1/1', 'all')], ended: [ended('a/1/1', 2)] });
    report(b, { received: ['a/1/1'] });
    expect(verdict()).toEqual(['false receipt']);
  });
});

describe('a message', () => {
  test('that comes twice to one life is a double delivery', () => {
    report(b, { received: ['a/1/1'] });
    report(b, { received: ['a/1/1'] });
    expect(verdict()).toEqual(['double delivery']);
  });

  test('may come to two lives of one node', () => {
    report(b, { received: ['a/1/1'] });
    report(start('b', 1, 2), { received: ['a/1/1'] });
    expect(verdict()).toEqual([]);
  });

  test('whose bytes are not those that were sent is told', () => {
    report(b, { received: ['a/1/1', 'a/1/2'], damaged: ['a/1/2'] });
    expect(verdict()).toEqual(['damaged body']);
    expect(judge.violations[0]?.text).toBe('a/1/2 came otherwise to b/1');
  });

  test('that misses somebody while all is calm is lost', () => {
    judge.calms.push({ fromMs: 10_000, toMs: 40_000 });
    report(a, { sent: [sent('a/1/1', 'all')], ended: [ended('a/1/1', ['b'])] });
    report(b, { received: ['a/1/1'] });
    report(b, { sent: [sent('b/1/1', 'all', 39_950)], ended: [ended('b/1/1', 0, 40_050)] });
    expect(verdict()).toEqual(['lost in calm']);
    expect(judge.sendsInCalm).toBe(1);
  });
});

describe('while the key is changed', () => {
  const sendToAll = (delivered: Ended['delivered'], atMs = 20_000) =>
    report(a, { sent: [sent('a/1/1', 'all', atMs)], ended: [ended('a/1/1', delivered, atMs + 100)] });

  beforeEach(() => {
    judge.calms.push({ fromMs: 10_000, toMs: 40_000 });
    judge.rotations.push({ fromMs: 15_000, toMs: 30_000 });
    report(b, { received: ['a/1/1'] });
  });

  test('a message to a name arrives, also at one whose links were just closed', () => {
    judge.keyRemoved(['c'], 19_900)(20_000);
    report(a, { sent: [sent('a/1/1', ['c'])], ended: [ended('a/1/1', [])] });
    expect(verdict()).toEqual(['lost in rotation']);
  });

  test('a broadcast reaches everybody whose links were left alone', () => {
    sendToAll(['b']);
    expect(verdict()).toEqual(['lost in rotation']);
  });

  test('a broadcast may miss who had just lost its links, and nobody else', () => {
    judge.keyRemoved(['c'], 19_900)(20_000);
    sendToAll(['b']);
    expect(verdict()).toEqual([]);
    judge.keyRemoved(['c'], 21_000)(21_100);
    report(a, { sent: [sent('a/1/2', 'all', 22_000)], ended: [ended('a/1/2', 0, 22_100)] });
    expect(verdict()).toContain('lost in rotation');
  });

  test('a broadcast of one that had just lost its links may reach nobody', () => {
    judge.keyRemoved(['a'], 19_900)(20_000);
    sendToAll([]);
    expect(verdict()).toEqual([]);
  });

  test('it is no excuse that a key was removed long before', () => {
    judge.keyRemoved(['c'], 10_000)(10_100);
    sendToAll(['b']);
    expect(verdict()).toEqual(['lost in rotation']);
  });

  test('a command that takes long excuses all the while', () => {
    judge.keyRemoved(['c'], 20_000)(32_000);
    report(a, { nodes: [seen('c', false, 29_200)] });
    expect(verdict()).toEqual([]);
  });

  test('a node is rightly told down that gave up its links for it, and one that did not is not', () => {
    judge.keyRemoved(['c'], 29_000)(29_100);
    report(a, { nodes: [seen('c', false, 29_200)], links: [seen('b', false, 39_000)] });
    expect(verdict()).toEqual(['false end of a link']);
  });
});

describe('a stranger', () => {
  test('that a member was told up is let in', () => {
    report(a, { nodes: [seen('d', true, 20_000), seen('d', true, 21_000)] });
    expect(verdict()).toEqual(['stranger let in']);
    expect(judge.violations[0]?.text).toBe('a took d for a member');
  });

  test('that has a link is let in', () => {
    report(a, { links: [seen('d', true, 20_000)] });
    expect(verdict()).toEqual(['stranger let in']);
  });

  test('that a member lists is let in; members are not', () => {
    judge.answered('a', { known: ['b', 'c'], told: ['b'], exceptions: 0 });
    expect(judge.violations).toEqual([]);
    judge.answered('b', { known: ['a', 'd'], told: [], exceptions: 0 });
    judge.answered('c', { known: [], told: ['d'], exceptions: 0 });
    expect(verdict()).toEqual(['stranger let in', 'stranger let in']);
  });
});

test('a member whose behaviors throw is broken, and told again only when they throw again', () => {
  for (const exceptions of [0, 2, 2, 3, 0]) judge.answered('a', { known: ['b'], told: ['b'], exceptions });
  expect(verdict()).toEqual(['broken behavior', 'broken behavior']);
  expect(judge.violations[0]?.text).toBe('a: behaviors have thrown 2 times');
});

describe('a send', () => {
  test('that has not ended long after its deadline is told', () => {
    report(a, { sent: [sent('a/1/1', ['b'])] });
    expect(verdict()).toEqual(['send without an end']);
  });

  test('that ended too late is told, unless its own process was stopped', () => {
    const late = { sent: [sent('a/1/1', ['b'])], ended: [ended('a/1/1', [], 34_000)] };
    report(a, late);
    b.stops.push({ fromMs: 22_000, toMs: 27_000 });
    report(b, {
      sent: [sent('b/1/1', ['a'])],
      ended: [{ ...ended('b/1/1', [], 34_000) }],
    });
    expect(verdict()).toEqual(['send without an end']);
  });

  test('that throws is told', () => {
    report(a, { sent: [sent('a/1/1', ['b'])], ended: [{ ...ended('a/1/1', 0), error: 'SKEIN_BUSY' }] });
    expect(verdict()).toEqual(['send that failed']);
  });
});

test('how soon a death is told counts once for each observer, from the fault that was not over', () => {
  c.killed = true;
  c.endedMs = 29_000;
  report(a, { nodes: [seen('c', false, 29_200), seen('c', true, 29_300), seen('c', false, 29_400)] });
  judge.history.blocks.push({ kind: 'partition', from: 1, to: 0, fromMs: 40_000, toMs: 50_000 });
  report(a, { nodes: [seen('b', false, 44_000)] });
  verdict();
  expect(judge.detections.samplesMs).toEqual({ kill: [200], stop: [], cut: [4000] });
});
