// A mailbox for a machine that is off. The office sends to a printer that has gone home; the letter is kept on disk by
// the broker of the formation, here the office, and the printer finds it when it is there again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createNode } from 'skein';

const folder = mkdtempSync(join(tmpdir(), 'mailbox-'));
// Nodes of one user and namespace share a store; this one is nobody else's.
const options = { namespace: `mailbox-${process.pid}`, store: join(folder, 'swarm.sqlite') };

const office = await createNode({ name: 'office', identity: join(folder, 'office.identity'), ...options });
const printer = await createNode({ name: 'printer', identity: join(folder, 'printer.identity'), ...options });
await office.ready({ nodes: ['printer'], timeoutMs: 10_000 });
await printer.close();

// It resolves once the letter is on disk. With the same key it is stored once, however often it is sent.
const { id } = await office.letters.send('printer', { page: 1 }, { type: 'print', idempotencyKey: 'page-1' });
const again = await office.letters.send('printer', { page: 1 }, { type: 'print', idempotencyKey: 'page-1' });
console.log('sent twice, stored', again.id === id && again.isRepeat ? 'once' : 'twice');
console.log('the printer is off:', await stateOf());

// The printer is switched on. It has no paper at first: what a handler throws on comes again, a second later.
const printerAgain = await createNode({
  name: 'printer',
  identity: join(folder, 'printer.identity'),
  ...options,
});
await new Promise((done) => {
  printerAgain.letters.handle((letter) => {
    console.log(`attempt ${letter.attempt}: ${letter.type} ${JSON.stringify(letter.body)} of ${letter.from}`);
    if (letter.attempt === 1) throw new Error('no paper');
    done(undefined);
  });
});

while ((await stateOf()) === 'stored') await setTimeout(50);
console.log('the printer is back:', await stateOf());
await Promise.all([printerAgain.close(), office.close()]);
rmSync(folder, { recursive: true });

async function stateOf() {
  const letter = await office.letters.status(id);
  return letter?.recipients[0]?.state;
}
