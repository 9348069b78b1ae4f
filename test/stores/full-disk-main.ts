/** `full-disk-main.ts FOLDER`: plays a full disk on the store on SQLite, on a small file system; prints the transcript. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { playFullDisk } from './full-disk.ts';

const folder = process.argv[2] as string;
const [program, parts] = ['dist/chunks/worker.js', 'test/stores/sqlite-parts.mjs'].map((file) =>
  pathToFileURL(file),
) as [URL, URL];
const ballast = join(folder, 'ballast');
const open = () => SqliteStore.open({ path: join(folder, 'swarm.sqlite'), modules: [parts.href], program });

/** Down to the last byte. */
function fill(): void {
  const descriptor = openSync(ballast, 'a');
  for (let size = 1024 * 1024; size >= 1; )
    try {
      writeSync(descriptor, new Uint8Array(size));
    } catch {
      size /= 2;
    }
  closeSync(descriptor);
}

let store = await open();
const transcript = await playFullDisk({
  get store() {
    return store;
  },
  reopen: async () => {
    await store.close();
    store = await open();
  },
  settle: (promise) => promise,
  fill: (isFull) => (isFull ? fill() : rmSync(ballast)),
  pause: () => setTimeout(100),
});
await store.close();
console.log(JSON.stringify(transcript));
