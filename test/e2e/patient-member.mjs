// A program of its own that takes all messages, and may stand still for long without being given up.
import { createNode } from '../../dist/index.js';

const node = await createNode({
  name: 'still',
  listen: '127.0.0.1:0',
  discovery: false,
  degree: 0,
  stallToleranceMs: 60_000,
});
await node.handle(() => undefined).opened;
process.on('disconnect', () => process.exit());
process.send((await node.status()).addresses[0]);
