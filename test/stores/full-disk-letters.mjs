// `full-disk-letters.mjs FOLDER`: letters in a store on SQLite, on a small file system that fills up; prints what each
// step has answered. Needs dist.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const chunk = (name) => new URL(`../../dist/chunks/${name}.js`, import.meta.url);
const { SqliteStore } = await import(chunk('sqlite-store').href);
const folder = process.argv[2];
const ballast = join(folder, 'ballast');
const store = await SqliteStore.open({
  path: join(folder, 'swarm.sqlite'),
  modules: [chunk('sqlite-parts').href],
  program: chunk('worker'),
});
const ask = (feature, verb, input) =>
  store.execute(feature, { verb, input }).catch(({ code, message }) => code ?? message);

/** Down to the last byte. */
function fill() {
  const descriptor = openSync(ballast, 'a');
  for (let size = 1024 * 1024; size >= 1; )
    try {
      writeSync(descriptor, new Uint8Array(size));
    } catch {
      size /= 2;
    }
  closeSync(descriptor);
}

const at = { now: 1000, time: 1000 };
const idOf = (n) => n.toString(16).padStart(32, '0');
const put = (n) =>
  ask('letters', 'put', {
    ...{ ...at, before: null },
    letters: [
      {
        ...{ id: idOf(n), author: 'a', recipients: ['b'], type: 'letter', encoding: 0, key: '', digest: '' },
        ...{ body: new Uint8Array(20_000), sentAt: 1, notBefore: 0, expiresAt: 5000, via: 'c' },
      },
    ],
  });
const isStored = (outcome) => Array.isArray(outcome) && outcome[0]?.type === 'stored';
const settle = (from, count, outcome) =>
  ask('letters', 'settle', {
    ...{ ...at, recipient: 'b', via: 'c' },
    items: Array.from({ length: count }, (_, i) => ({
      ...{ n: from + i, attempt: 1, outcome, due: 0, waitMs: 0, reason: '' },
    })),
  });
const stateOf = async (n) => (await ask('letters', 'status', idOf(n)))?.recipients?.[0]?.state;
const printed = {};

for (let n = 1; n <= 300; n++) if (!isStored(await put(n))) throw new Error(`letter ${n} was not stored`);
fill();
// Some still fit into room that the store has already.
let last = 301;
let refused = await put(last);
for (; isStored(refused); refused = await put(last)) last++;
printed.refused = refused;
printed.isNothing = await stateOf(last);
printed.listed = (await ask('letters', 'list', { after: 0, limit: 200 })).length;
printed.logged = (await ask('log', 'read', { after: 0, limit: 100, filter: {} })).events?.length;
printed.handled = await settle(1, 100, 'handled');
printed.failed = (await settle(101, 1, 'failed'))[0]?.state;
printed.expired = (
  await ask('letters', 'sweep', {
    ...{ now: 6000, time: 6000, via: 'c', limit: 100 },
    copies: [{ expiresAt: 5000, n: 102, recipient: 'b' }],
  })
).expired?.length;
printed.removed = (
  await ask('letters', 'remove', { now: 1000, id: idOf(103), trace: ['a', 'c'] })
).recipients;
printed.states = await Promise.all([1, 100, 101, 102, 103, 104].map(stateOf));
fill();
printed.still = await put(last);
rmSync(ballast);
let answer = await put(last);
for (let left = 100; answer === 'SKEIN_STORE_FULL' && left > 0; left--) {
  await setTimeout(100);
  answer = await put(last);
}
printed.recovers = isStored(answer);
await store.close();
console.log(JSON.stringify(printed));
