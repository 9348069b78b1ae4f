/**
 * Receives some hundred megabytes by a channel with a key and prints how often V8 collected meanwhile.
 *
 * Run by canaries.test.ts; starts itself again as the sender, whose collections are its own.
 */
import { spawn } from 'node:child_process';
import { createNode } from '../../src/index.ts';
import { CollectionCount, print } from './collections.ts';

const totalBytes = 512e6;
const pieceBytes = 64 * 1024;
const [role = '', key = '', address] = process.argv.slice(2);
const node = await createNode({
  name: role,
  key,
  // A bundle has no package.json to read it from.
  version: '0',
  listen: '127.0.0.1:0',
  connect: address === undefined ? [] : [address],
  discovery: false,
  degree: 0,
});

if (role === 'receiver') await receive();
else await send();
process.exit(0);

async function receive(): Promise<void> {
  const { addresses } = await node.status();
  const words = [process.argv[1] as string, 'sender', key, addresses[0] as string];
  const sender = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] });
  for await (const request of node.pairs()) {
    const channel = request.accept();
    const count = new CollectionCount();
    let receivedBytes = 0;
    for await (const piece of channel) {
      receivedBytes += (piece as Uint8Array).length;
      if (receivedBytes >= totalBytes) break;
    }
    print({ ...(await count.stop()), receivedBytes });
    sender.kill('SIGKILL');
    return;
  }
}

async function send(): Promise<void> {
  // The receiver is gone once it has enough, or was killed: nobody needs this process then.
  node.events.addEventListener('node:down', () => process.exit(0));
  await node.ready({ nodes: ['receiver'] });
  const channel = await node.pair('receiver');
  channel.on('error', () => process.exit(0));
  const piece = new Uint8Array(pieceBytes);
  for (;;) if (!channel.write(piece)) await new Promise((resolve) => channel.once('drain', resolve));
}
