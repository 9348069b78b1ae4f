/** The formation between kernels: hails and pairs along the mesh and through the door, and who is not believed. */

import { describe, expect, test } from 'vitest';
import {
  encodeFormationMessage,
  type FormationMessage,
} from '../../src/features/formation/core/formation-messages.ts';
import type { FormationStatus } from '../../src/features/formation/core/formation-types.ts';
import { formationLimits } from '../../src/features/formation/core/limits.ts';
import { formation as formationFeature } from '../../src/features/formation/feature.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { limits } from '../../src/kernel/limits.ts';
import { encodeFrame, RouteKind } from '../../src/kernel/wire/frame.ts';
import { TestMesh, type TestNode, type TestNodeOptions } from './harness.ts';

const place = '10.9.0.1:7015';

function optionsFor(name: string, doors: readonly string[] = []): TestNodeOptions {
  return { formation: { addresses: [place], doors, meeting: `tcp://${name}:1` } };
}

/** The first is the broker, and all know each other. */
function formation(...names: string[]): { mesh: TestMesh; nodes: TestNode[] } {
  const mesh = new TestMesh();
  const nodes: TestNode[] = [];
  for (const name of names) {
    nodes.push(mesh.add(name, optionsFor(name)));
    mesh.run(2000);
  }
  mesh.chain(...names);
  mesh.run(formationLimits.hailIntervalMs + 500);
  return { mesh, nodes };
}

const statusOf = (node: TestNode) => node.core.behavior(formationFeature).status() as FormationStatus;
const bytesOf = (message: FormationMessage) => encodeFormationMessage(message);
const text = (bytes: string) => new TextEncoder().encode(bytes);

function pair(node: TestNode, to: string): number {
  return node.command('formation', 'pair', to);
}

describe('members that are nodes', () => {
  test('hail the broker along the mesh, and are in its directory', () => {
    const { nodes } = formation('a', 'b', 'c');
    expect(nodes.map((node) => statusOf(node).role)).toEqual(['broker', 'member', 'member']);
    expect(statusOf(nodes[0] as TestNode).members).toBe(3);
  });

  test('ask for another by name or by service, and for the broker itself', () => {
    const { mesh, nodes } = formation('a', 'b', 'c');
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    c.command('calls', 'serve', { service: 'render', concurrency: 1, queue: 1 });
    mesh.run(200);
    const asked = [pair(b, 'c'), pair(b, 'render'), pair(b, 'a')];
    const own = pair(a, 'render');
    mesh.run(100);
    expect(asked.map((token) => b.answers.get(token)?.value)).toEqual(
      ['c', 'c', 'a'].map((other) => ({ other, isNode: true })),
    );
    expect(a.answers.get(own)?.value).toEqual({ other: 'c', isNode: true });
  });

  test('are told why there is nobody', () => {
    const { mesh, nodes } = formation('a', 'b');
    const [a, b] = nodes as [TestNode, TestNode];
    const token = pair(b, 'nobody');
    const own = pair(a, 'a');
    mesh.run(100);
    const explanation = 'nobody in the formation is called nobody or offers it';
    expect(b.answers.get(token)?.failure).toEqual({ code: 'SKEIN_UNKNOWN_NODE', message: explanation });
    expect(a.answers.get(own)?.failure?.message).toBe('a cannot be paired with itself');
  });

  test('that ask while there is no broker are answered by the next one', () => {
    const { mesh, nodes } = formation('a', 'b', 'c');
    const [a, b] = nodes as [TestNode, TestNode];
    mesh.chain('b', 'c');
    a.kill({ silent: true });
    const token = pair(b, 'c');
    mesh.run(9000);
    expect(b.answers.get(token)?.value).toEqual({ other: 'c', isNode: true });
  });

  test('that ask while there is none for long are told so; so is whoever is in no formation', () => {
    const mesh = new TestMesh();
    mesh.add('other');
    const node = mesh.add('a', { formation: { addresses: ['other'], doors: [], meeting: '' } });
    mesh.run(500);
    const token = pair(node, 'x');
    mesh.run(formationLimits.pairTimeoutMs + 100);
    expect(node.answers.get(token)?.failure).toMatchObject({
      code: 'SKEIN_TIMEOUT',
      message: 'x: the formation has no broker within 10 s',
    });
    const outsider = mesh.add('b');
    const refused = pair(outsider, 'x');
    expect(outsider.answers.get(refused)?.failure?.code).toBe('SKEIN_UNKNOWN_NODE');
  });

  test('hail for themselves alone: what names another is counted and changes nothing', () => {
    const { mesh, nodes } = formation('a', 'b');
    const [a, b] = nodes as [TestNode, TestNode];
    const payload = bytesOf({ type: 'Hail', name: 'victim', address: 'tcp://x:1', services: [] });
    const header = { ttl: 4, flags: 0, kind: RouteKind.node, type: 1, feature: featureNumber('formation') };
    const frame = encodeFrame({ ...header, destination: a.id, source: b.id, sequence: 0 }, payload);
    a.enter(() => a.kernel.received(b.pipeTo(a).other.link, frame, mesh.now));
    expect(statusOf(a)).toMatchObject({ members: 2, forged: 1 });
    a.enter(() =>
      a.kernel.received(
        b.pipeTo(a).other.link,
        encodeFrame({ ...header, destination: a.id, source: b.id, sequence: 0 }, text('{"Hail":')),
        mesh.now,
      ),
    );
    expect(statusOf(a)).toMatchObject({ members: 2, malformed: 1 });
  });

  test('believe nobody but the broker', () => {
    const { mesh, nodes } = formation('a', 'b', 'c');
    const [, b, c] = nodes as [TestNode, TestNode, TestNode];
    const token = pair(b, 'c');
    const lie = bytesOf({ type: 'Fail', offender: 'b', explanation: 'a lie' });
    const header = { ttl: 4, flags: 0, kind: RouteKind.node, type: 1, feature: featureNumber('formation') };
    const frame = encodeFrame({ ...header, destination: b.id, source: c.id, sequence: 1 }, lie);
    b.enter(() => b.kernel.received(c.pipeTo(b).other.link, frame, mesh.now));
    mesh.run(100);
    expect(b.answers.get(token)?.value).toEqual({ other: 'c', isNode: true });
  });

  test('that leave are gone from the directory at once; those that fall silent with their lease', () => {
    const { mesh, nodes } = formation('a', 'b', 'c');
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    c.stop();
    mesh.run(200);
    expect(statusOf(a).members).toBe(2);
    b.kill({ silent: true });
    mesh.run(formationLimits.formationLeaseMs - formationLimits.hailIntervalMs - 100);
    expect(statusOf(a).members).toBe(2);
    mesh.run(formationLimits.hailIntervalMs + 200);
    expect(statusOf(a).members).toBe(1);
  });

  test('that have left stay gone, also when a hail comes that their goodbye has overtaken', () => {
    const { mesh, nodes } = formation('a', 'b', 'c');
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    c.stop();
    mesh.run(200);
    const hail = bytesOf({ type: 'Hail', name: 'c', address: 'tcp://c:1', services: [] });
    const header = { ttl: 4, flags: 0, kind: RouteKind.node, type: 1, feature: featureNumber('formation') };
    const frame = encodeFrame({ ...header, destination: a.id, source: c.id, sequence: 0 }, hail);
    a.enter(() => a.kernel.received(b.pipeTo(a).other.link, frame, mesh.now));
    expect(statusOf(a).members).toBe(2);
  });
});

describe('a conversation with programs that speak nanomsg', () => {
  test('is as vee has it', async () => {
    const { mesh, nodes } = formation('Broker', 'Member');
    const [broker, member] = nodes as [TestNode, TestNode];
    const lines: string[] = [];
    let heard = 0;
    const say = (peer: number, message: string): void => {
      lines.push('', `program ${peer} says ${message}`);
      broker.doorEvent({ type: 'message', peer, bytes: text(message) });
      mesh.run(50);
      const all = broker.saidAtDoor();
      for (const { peer: to, text: said } of all.slice(heard)) lines.push(`  to program ${to}: ${said}`);
      heard = all.length;
    };
    for (const peer of [1, 2]) broker.doorEvent({ type: 'joined', peer, address: place });
    say(1, '{"Hail":{"name":"First","address":"tcp://127.0.0.1:7017"}}');
    say(2, '{"Pair":{"originator":"Second","destination":"First"}}');
    say(2, '{"Hail":{"name":"Second","address":"tcp://127.0.0.1:7018","services":["render"]}}');
    say(2, '{"Pair":{"originator":"Second","destination":"First"}}');
    say(1, '{"Pair":{"originator":"First","destination":"render"}}');
    say(1, '{"Pair":{"originator":"First","destination":"Broker"}}');
    say(1, '{"Pair":{"originator":"First","destination":"Member"}}');
    say(1, '{"Pair":{"originator":"First","destination":"Nobody"}}');
    say(1, '{"Hail":{"name":"Second","address":"tcp://127.0.0.1:9999"}}');
    say(1, '{"Hail":{"name":"Member","address":"tcp://127.0.0.1:9999"}}');
    say(1, '{"Data":{"payload":"not here"}}');
    say(1, '{"Salute":{}}');
    say(1, 'this is not JSON');
    broker.doorEvent({ type: 'left', peer: 2 });
    lines.push('', 'program 2 is gone');
    say(1, '{"Pair":{"originator":"First","destination":"Second"}}');
    lines.push('', 'Member asks for First');
    const token = pair(member, 'First');
    mesh.run(50);
    for (const { peer, text: said } of broker.saidAtDoor().slice(heard))
      lines.push(`  to program ${peer}: ${said}`);
    lines.push(`  Member hears ${JSON.stringify(member.answers.get(token)?.value)}`);
    for (const asked of member.told('asked')) lines.push('', `Member was told ${JSON.stringify(asked)}`);
    const { members, malformed, misdirected } = statusOf(broker);
    lines.push('', `directory ${members}, malformed ${malformed}, misdirected ${String(misdirected)}`, '');
    await expect(lines.join('\n')).toMatchFileSnapshot('../golden/formation-conversation.txt');
  });

  test('goes on after the broker: whoever is gone with it is free to hail the next', () => {
    const { mesh, nodes } = formation('a', 'b');
    const [a, b] = nodes as [TestNode, TestNode];
    a.doorEvent({ type: 'joined', peer: 1, address: place });
    a.doorEvent({
      type: 'message',
      peer: 1,
      bytes: text('{"Hail":{"name":"x","address":"tcp://127.0.0.1:1"}}'),
    });
    expect(statusOf(a).members).toBe(3);
    a.kill();
    mesh.run(1500);
    expect(statusOf(b).role).toBe('broker');
    b.doorEvent({ type: 'joined', peer: 1, address: place });
    b.doorEvent({
      type: 'message',
      peer: 1,
      bytes: text('{"Hail":{"name":"x","address":"tcp://127.0.0.1:1"}}'),
    });
    expect(statusOf(b).members).toBe(2);
  });

  test('is not had with whoever has not come through the door', () => {
    const { nodes } = formation('a', 'b');
    const [a, b] = nodes as [TestNode, TestNode];
    const bytes = text('{"Hail":{"name":"x","address":"tcp://127.0.0.1:1"}}');
    a.doorEvent({ type: 'message', peer: 9, bytes });
    b.doorEvent({ type: 'message', peer: 9, bytes });
    expect(statusOf(a).members).toBe(2);
  });
});

test('what strangers do is told, but not so often that it fills a disk', () => {
  const { nodes } = formation('a', 'b');
  const [a] = nodes as [TestNode];
  a.doorEvent({ type: 'joined', peer: 1, address: place });
  a.doorEvent({ type: 'message', peer: 1, bytes: text('{"Salute":{}}') });
  a.doorEvent({ type: 'refused', address: place, text: 'it speaks PAIR' });
  const logged = (level: string) =>
    a.effects.flatMap((effect) =>
      effect.type === 'log' && effect.level === level && effect.text.startsWith('formation: ')
        ? [effect.text]
        : [],
    );
  expect(logged('warn')).toEqual([
    'formation: a nanomsg program sent what is none of the five messages: no message is called "Salute"',
    `formation: at ${place}: it speaks PAIR`,
  ]);
  for (let i = 0; i < 1000; i++) a.doorEvent({ type: 'message', peer: 1, bytes: text('?') });
  expect(logged('warn').length).toBeLessThanOrEqual(limits.strangerWarningsBurst);
  expect(statusOf(a).malformed).toBe(1001);
});

describe('a guest', () => {
  function guest(): { mesh: TestMesh; node: TestNode } {
    const mesh = new TestMesh();
    const other = mesh.add('other');
    mesh.doors.set(place, other);
    const node = mesh.add('a', optionsFor('a'));
    // The other one is a node, but no broker; then the address is found to be a nanomsg program's.
    mesh.run(5000);
    node.doorEvent({ type: 'joined', peer: 7, address: place });
    mesh.run(50);
    return { mesh, node };
  }

  test('hails through the door, asks there, and takes the answer that names it', () => {
    const { mesh, node } = guest();
    expect(statusOf(node).role).toBe('guest');
    expect(node.saidAtDoor().at(-1)).toEqual({
      peer: 7,
      text: '{"Hail":{"name":"a","address":"tcp://a:1"}}',
    });
    const [one, two] = [pair(node, 'x'), pair(node, 'y')];
    const link = { type: 'Link', address: 'tcp://a:1' } as const;
    const says = (message: FormationMessage) =>
      node.doorEvent({ type: 'message', peer: 7, bytes: bytesOf(message) });
    says({ ...link, originName: 'b', destinationName: 'y' });
    says({ ...link, originName: 'a', destinationName: 'y' });
    expect(node.answers.get(two)?.value).toEqual({ other: 'y', isNode: false });
    expect(node.answers.get(one)).toBe(undefined);
    says({ type: 'Fail', offender: 'a', explanation: 'no x' });
    expect(node.answers.get(one)?.failure?.message).toBe('no x');
    says({ ...link, originName: 'z', destinationName: 'a', address: 'tcp://z:1' });
    expect(node.told('asked')).toEqual([{ type: 'asked', other: 'z', address: 'tcp://z:1' }]);
    mesh.run(2000);
  });

  test('looks for a broker again when that one is gone', () => {
    const { mesh, node } = guest();
    mesh.doors.delete(place);
    node.doorEvent({ type: 'left', peer: 7 });
    mesh.run(3000);
    expect(statusOf(node).role).toBe('broker');
  });
});

describe('an address that cannot be bound', () => {
  test('is told with its reason; a socket file that cannot be, costs nobody the broker', () => {
    const mesh = new TestMesh();
    const node = mesh.add('a', optionsFor('a', ['ipc:///x']));
    mesh.run(2000);
    expect(statusOf(node).role).toBe('broker');
    node.doorEvent({
      type: 'unbound',
      address: 'ipc:///x',
      reason: 'failed',
      text: 'cannot bind ipc:///x: no',
    });
    expect(statusOf(node).role).toBe('broker');
    expect(node.told('trouble')).toEqual([{ type: 'trouble', text: 'cannot bind ipc:///x: no' }]);
  });

  test('that is lost makes the broker look again', () => {
    const mesh = new TestMesh();
    const node = mesh.add('a', optionsFor('a'));
    mesh.run(2000);
    mesh.doors.delete(place);
    node.doorEvent({ type: 'unbound', address: place, reason: 'failed', text: 'gone' });
    expect(statusOf(node).role).toBe('seeking');
    mesh.run(2000);
    expect(statusOf(node).role).toBe('broker');
  });
});
