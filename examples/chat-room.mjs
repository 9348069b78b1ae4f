// A chat room without a server: each line you type goes to everybody who is there.
//   node examples/chat-room.mjs NAME [ROOM]
import { createInterface } from 'node:readline';
import { createNode, kind } from 'skein';

const [name = 'somebody', room = 'chat-room'] = process.argv.slice(2);
/** @import { Kind } from 'skein' */
/** @type {Kind<string>} */
const Line = kind('line');

const node = await createNode({ name, namespace: room });
node.events.addEventListener('node:up', ({ detail }) => console.log(`* ${detail.name} is here`));
node.events.addEventListener('node:down', ({ detail }) => {
  console.log(`* ${detail.name} ${detail.reason === 'left' ? 'has left' : 'was lost'}`);
});
// A name that is in use elsewhere ends the node.
node.events.addEventListener('close', ({ detail }) => {
  if (detail.error) console.error(detail.error.message);
  process.stdin.destroy();
});
node.handle((message) => console.log(`${message.from}: ${message.body}`), { kind: Line });
console.log(`* you are ${name}`);

for await (const line of createInterface({ input: process.stdin })) {
  const { missing } = await node.broadcast(line, { kind: Line, require: 'none' });
  for (const { node: other, reason } of missing) console.log(`* ${other} did not get that: ${reason}`);
}
await node.close();
