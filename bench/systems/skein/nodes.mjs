// The nodes that skein's roles play with: through the public API, linked as the work says and not otherwise.
// Every message has a kind, as in a program. With a key every link is TLS 1.3 and proven.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The only kind in use. */
const kindName = 'bench';

export async function openNode(work, name, more = {}) {
  const { createNode, kind } = await import(libraryOf(work));
  const security = work.shared?.keyFile === undefined ? { key: false } : { keyFile: work.shared.keyFile };
  const node = await createNode({
    name,
    discovery: false,
    degree: 0,
    listen: '127.0.0.1:0',
    ...security,
    ...more,
  });
  return { node, kind: kind(kindName) };
}

/** Of another checkout, where the system is one. */
function libraryOf({ shared }) {
  const own = new URL('../../../dist/index.js', import.meta.url);
  return shared?.tree === undefined ? own : pathToFileURL(join(shared.tree, 'dist', 'index.js'));
}

export async function addressOf(node) {
  return (await node.status()).addresses[0];
}

/** As many as one write takes; then the loop has its turn, as in a program that does other things too. */
const perTurn = 1400;

/**
 * Posts `count` marked bodies; `post` copies at once, so one body serves for all. `posted(number)` may make it wait.
 */
export async function flood(node, kind, to, { bytes, count }, posted) {
  const { makeBody, mark } = await import('../../check.mjs');
  const options = { kind };
  const body = makeBody(bytes);
  for (let number = 0; number < count; ) {
    mark(body, number);
    if (!node.post(to, body, options)) await node.drained();
    else if (++number % perTurn === 0) {
      await new Promise(setImmediate);
      await posted?.(number);
    }
  }
}
