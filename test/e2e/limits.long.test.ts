/** Connections of strangers that wait for their end, on a real `skein up` with a key: each ends in its time. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { hostLimits } from '../../src/host/limits.ts';
import { limits } from '../../src/kernel/limits.ts';
import { preface } from '../../src/kernel/wire/frame.ts';
import type { NodeStatus } from '../../src/node/node.ts';
import { Site } from './helpers.ts';
import { Strangers } from './strangers.ts';

const apart = ['--listen', '127.0.0.1:0', '--no-discovery'];
const soon = { timeout: 15_000, interval: 100 };
let site: Site;
let strangers: Strangers;

beforeEach(async () => {
  site = await Site.open();
  strangers = new Strangers();
  await site.must('key', 'new');
});
afterEach(async () => {
  strangers.close();
  await site.close();
});

const statusOf = (name: string) => site.json<NodeStatus>('status', '--node', name);
const counter = async (name: string) => (await statusOf('a')).counters[name] ?? 0;

describe('connections of strangers', () => {
  test('that say nothing: at most so many at once, the oldest makes room, each has its time', async () => {
    const a = await site.up('a', ...apart);
    const silent = Array.from({ length: hostLimits.undecidedMax + 40 }, () =>
      strangers.dialPlain(a.address, new Uint8Array(0)),
    );
    const began = performance.now();
    await vi.waitFor(async () => expect(await counter('tcp.dropped')).toBeGreaterThanOrEqual(40), soon);
    // Meanwhile a member comes in as ever.
    await site.up('honest', ...apart, '--connect', a.address);
    await vi.waitFor(async () => expect((await statusOf('honest')).links).toHaveLength(1), soon);
    expect(await site.must('send', 'a', 'hello', '--node', 'honest')).toContain('delivered');
    await Promise.all(silent.map((one) => one.closed()));
    expect(performance.now() - began).toBeLessThan(3 * hostLimits.undecidedTimeoutMs);
    expect(await counter('tcp.silent')).toBeGreaterThan(100);
  });

  test('that stop in the middle of a handshake are closed in time, within TLS and after it', async () => {
    const a = await site.up('a', ...apart);
    const began = performance.now();
    const withinTls = strangers.dialPlain(a.address, Uint8Array.of(0x16, 3, 1, 2, 0));
    const afterTls = await strangers.dialTls(a.address);
    afterTls.socket.write(preface);
    await withinTls.closed();
    expect(performance.now() - began).toBeGreaterThan(hostLimits.tlsHandshakeTimeoutMs - 500);
    expect(performance.now() - began).toBeLessThan(hostLimits.tlsHandshakeTimeoutMs + 2000);
    await afterTls.closed();
    expect(performance.now() - began).toBeGreaterThan(limits.handshakeTimeoutMs - 500);
    expect(performance.now() - began).toBeLessThan(limits.handshakeTimeoutMs + 2000);
    expect(afterTls.heard).toHaveLength(0);
    expect(await counter('tls.failed')).toBe(1);
  });
});
