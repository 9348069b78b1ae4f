// Status lines, by a feature of one's own (presence/feature.mjs). `node status.mjs NAME` runs a node with it and prints
// each change; `node status.mjs NAME LINE` sets the line of that node from another process, which attaches to it.
import { attach, createNode, serve } from 'skein';
import { presence } from './presence/feature.mjs';

const [name, line] = process.argv.slice(2);
if (name === undefined) {
  console.error('usage: node status.mjs NAME [LINE]');
  process.exitCode = 2;
} else if (line === undefined) {
  await run(name);
} else {
  await change(name, line);
}

/** @param {string} name */
async function run(name) {
  const node = await createNode({ name, features: [presence] });
  await serve(node);
  // Ctrl-D leaves.
  process.stdin.on('end', () => void node.close()).resume();
  const changes = node.use(presence).watch();
  console.log(`${name} runs`);
  for await (const { node, line } of changes) console.log(`${node}: ${line || 'no line any more'}`);
}

/** @param {string} name @param {string} line */
async function change(name, line) {
  const node = await attach({ node: name });
  const status = node.use(presence);
  const changes = status.watch();
  await changes.opened;
  const { at } = await status.set(line);
  // Others may change theirs at the same moment.
  for await (const heard of changes) if (heard.node === name && heard.at === at) break;
  for (const [who, what] of Object.entries(await status.all()).sort()) console.log(`${who}: ${what}`);
  console.log(`${(await status.history()).length} changes so far`);
  await node.close();
}
