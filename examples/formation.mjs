// Three nodes that know nothing of each other but one address: whoever binds it is the broker, and when that one is
// gone another is. Then a channel to whichever node offers the service `upper`, and a text through it.
import { once } from 'node:events';
import { createNode } from 'skein';

/** @import { SkeinNode } from 'skein' */

const address = process.argv[2] ?? 'tcp://127.0.0.1:7115';

const [ann, isAnn] = await start('ann');
console.log('the broker is', await isAnn);
const [ben, bensBroker] = await start('ben');
const [cat, catsBroker] = await start('cat');
await Promise.all([bensBroker, catsBroker]);

cat.respond('upper', ({ input }) => String(input).toUpperCase());
const served = serveOne(cat);
await ben.ready({ services: ['upper'], timeoutMs: 10_000 });
const channel = await ben.pair('upper');
channel.end('a text through a channel');
let answer = '';
for await (const chunk of channel) answer += chunk;
console.log(channel.node, 'says', answer);
await served;

const next = Promise.all([brokerOf(ben), brokerOf(cat)]);
ann.kill();
const [forBen, forCat] = await next;
console.log('ann is gone, and', forBen === forCat ? 'both follow another' : 'they do not agree');
await Promise.all([ben.close(), cat.close()]);

/** @param {string} name */
async function start(name) {
  const node = await createNode({ name, formation: [address], discovery: false });
  return /** @type {const} */ ([node, brokerOf(node)]);
}

/**
 * Resolves with the name of its next broker.
 * @param {SkeinNode} node
 */
async function brokerOf(node) {
  for (;;) {
    const broker = await new Promise((resolve) => {
      const heard = (/** @type {CustomEvent} */ { detail }) => resolve(detail.broker);
      node.events.addEventListener('formation:broker', heard, { once: true });
    });
    if (broker !== undefined) return broker.name;
  }
}

/**
 * Answers in capitals, until the other end has ended.
 * @param {SkeinNode} node
 */
async function serveOne(node) {
  for await (const request of node.pairs()) {
    const asked = request.accept();
    asked.on('data', (chunk) => asked.write(String(chunk).toUpperCase()));
    asked.on('end', () => asked.end());
    return once(asked, 'close');
  }
}
