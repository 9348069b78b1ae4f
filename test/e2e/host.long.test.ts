/** A node without a key, whose ports anybody on the machine reaches: nobody holds a connection for nothing. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createHostedNode } from '../../src/host/create-node.ts';
import { hostLimits } from '../../src/host/limits.ts';
import { requestOf } from '../../src/host/options.ts';
import { limits } from '../../src/kernel/limits.ts';
import { preface } from '../../src/kernel/wire/frame.ts';

test('strangers who say nothing, or nothing after the preface, are closed in time', async () => {
  const { node, address, counters } = await createHostedNode(requestOf({ name: 'a', discovery: false }));
  try {
    const port = Number(address.split(':').at(-1));
    const [silentMs, halfOpenMs] = await Promise.all([
      msUntilClosed(port, new Uint8Array(0)),
      msUntilClosed(port, preface),
    ]);
    expect(silentMs).toBeGreaterThan(hostLimits.undecidedTimeoutMs - 500);
    expect(silentMs).toBeLessThan(hostLimits.undecidedTimeoutMs + 2000);
    expect(halfOpenMs).toBeLessThan(limits.handshakeTimeoutMs + 3000);
    expect(counters()).toMatchObject({ 'tcp.silent': 1 });
  } finally {
    await node.close({ drainMs: 0 });
  }
});

async function msUntilClosed(port: number, bytes: Uint8Array): Promise<number> {
  const begun = performance.now();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  socket.write(bytes);
  await once(socket, 'close');
  return performance.now() - begun;
}
