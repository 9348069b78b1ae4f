// `worker-on-disk.mjs SETTINGS`: a node with a store, in a process of its own: the broker, or a worker that says what it
// begins, what it is warned of and that it has lost the broker, and returns what it is asked to. Needs dist.
import { createNode } from '../../dist/index.js';

const { role, ...settings } = JSON.parse(process.argv[2]);
const nothing = () => undefined;
const warn = ({ code }, text) => process.send({ type: 'warned', code, text });
const logger = { debug: nothing, info: nothing, warn, error: nothing };
const node = await createNode({ ...settings, name: role, discovery: false, key: false, logger });
process.on('disconnect', () => process.exit());

if (role === 'broker') {
  node.events.addEventListener('formation:broker', ({ detail }) => {
    if (detail.broker !== undefined) process.send({ type: 'ready' });
  });
} else {
  node.events.addEventListener('node:down', ({ detail }) => {
    if (detail.name === 'broker') process.send({ type: 'lost' });
  });
  await node.tasks.work('held', ({ attempt }) => {
    process.send({ type: 'begun', attempt });
    return new Promise((resolve) => process.once('message', (output) => resolve(output)));
  }).opened;
  process.send({ type: 'ready' });
}
