// Two nodes find each other and exchange a message. They could as well be on two machines.
import { createNode } from 'skein';

// Only nodes of one namespace look for each other; this one is nobody else's.
const namespace = `hello-${process.pid}`;
const alice = await createNode({ name: 'alice', namespace });
const bob = await createNode({ name: 'bob', namespace });

bob.handle((message) => {
  console.log(`${bob.name} got ${JSON.stringify(message.body)} from ${message.from}`);
});

await alice.ready({ nodes: ['bob'], timeoutMs: 10_000 });
const { delivered } = await alice.send('bob', { text: 'hello' });
console.log(`${alice.name} knows that it was delivered to ${delivered.join(', ')}`);

await alice.close();
await bob.close();
