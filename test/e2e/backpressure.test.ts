/**
 * A sender that is faster than its recipient, between real processes: what it holds is bounded, it is told, and
 * whoever else it sends to is served.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import { createNode } from '../../src/host/create-node.ts';
import { SkeinError } from '../../src/kernel/errors.ts';
import { limits } from '../../src/kernel/limits.ts';
import { Site } from './helpers.ts';

let site: Site | undefined;
afterEach(async () => site?.close());

const bytes = 16 * 1024;
const perTurn = 64;
/** Well over what the link and the sender may hold, and sent before the other is taken for dead. */
const total = 1.5 * Math.ceil((limits.linkQueueBytesMax + messagingLimits.unresolvedBytesPerNodeMax) / bytes);

test('a recipient that stands still costs so much memory and no more; the sender is told, others are served', async () => {
  site = await Site.open();
  const still = fork(fileURLToPath(new URL('patient-member.mjs', import.meta.url)), { stdio: 'inherit' });
  const [stillAt] = (await once(still, 'message')) as [string];
  const other = await site.up('other', '--no-discovery', '--degree', '0');
  const node = await createNode({
    name: 'sender',
    connect: [stillAt, other.address],
    discovery: false,
    degree: 0,
  });
  try {
    await node.ready({ nodes: ['still', 'other'], links: 2, timeoutMs: 10_000 });
    await node.send('still', 'before');
    still.kill('SIGSTOP');
    const before = process.memoryUsage();
    let peak = 0;
    const ends: Promise<'delivered' | string>[] = [];
    const served: Promise<unknown>[] = [];
    for (let i = 0; i < total; i++) {
      ends.push(
        node.send('still', new Uint8Array(bytes), { timeoutMs: 60_000 }).then(() => 'delivered', reasonOf),
      );
      if (i % perTurn !== 0) continue;
      served.push(node.send('other', i, { require: 'all' }));
      await new Promise(setImmediate);
      const { rss } = process.memoryUsage();
      peak = Math.max(peak, rss - before.rss);
    }
    expect(await Promise.all(served)).toHaveLength(Math.ceil(total / perTurn));
    still.kill('SIGCONT');
    const outcomes = await Promise.all(ends);
    // What was not taken was said to be so for certain: neither lost nor in doubt.
    expect([...new Set(outcomes)].sort()).toEqual(['busy', 'delivered']);
    // Half as much again for what waits to be collected.
    expect(peak).toBeLessThan(1.5 * (limits.linkQueueBytesMax + messagingLimits.unresolvedBytesPerNodeMax));
    await expect.poll(() => node.send('still', 'after').then(() => 'delivered', reasonOf)).toBe('delivered');
  } finally {
    await node.close({ drainMs: 0 });
    still.kill('SIGKILL');
  }
});

function reasonOf(error: unknown): string {
  if (!(error instanceof SkeinError)) throw error;
  if (error.code === 'SKEIN_BUSY') return 'busy';
  const { missing } = error.details as { missing: readonly { reason: string }[] };
  return missing[0]?.reason ?? error.code;
}
