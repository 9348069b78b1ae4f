/** What a program has handed to a socket must stay as it is until the socket has taken it. */
import { expect, test } from 'vitest';
import { linkedPair, write } from './pair.ts';
import { TestStage } from './stage.ts';

const socketBytes = 256 * 1024;

test('bytes that are changed while they wait for the socket are told', async () => {
  const { world, a, b } = await linkedPair();
  b.platform.pause();
  write(a, 1, new Uint8Array(socketBytes));
  const waiting = new Uint8Array(1000);
  write(a, 1, waiting);
  waiting[999] = 1;
  await world.run(1000);
  expect(world.failures).toEqual([]);
  b.platform.resume();
  await world.run(1000);
  expect(world.failures.join()).toContain('a: what link 1 wrote was changed before its socket had taken it');
});

test('bytes that are changed once the socket has taken them are no failure', async () => {
  const { world, a, b } = await linkedPair();
  b.platform.pause();
  const taken = new Uint8Array(socketBytes);
  write(a, 1, taken);
  write(a, 1, new Uint8Array(1000));
  taken.fill(1);
  b.platform.resume();
  await world.run(1000);
  expect([a.events.flushedBytes, world.failures]).toEqual([socketBytes + 1000, []]);
});

test('a busy link fills its chunks again only after its socket has taken them', async () => {
  const stage = await new TestStage(1, { network: { bytesPerSecond: 500_000 } }).start(2);
  const [from] = stage.mesh.living;
  let waits = 0;
  for (let burst = 0; burst < 12; burst++) {
    for (let i = 0; i < 40; i++) {
      const message = stage.ledger.sent(from as NonNullable<typeof from>, ['n2'], 4000);
      const sending = from?.node.send(['n2'], stage.ledger.body(message), { kind: 'sim', require: 'none' });
      sending?.then((result) => stage.ledger.resolved(message, result));
    }
    stage.world.touchProgram();
    await stage.world.run(150);
    if (from?.platform.hasBacklog) waits++;
  }
  await stage.world.run(10_000);
  expect(waits).toBeGreaterThan(5);
  expect(stage.ledger.counts.delivered).toBe(480);
  expect(await stage.verdict()).toEqual([]);
});
