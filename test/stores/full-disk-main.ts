/** `full-disk-main.ts FOLDER`: plays a full disk on the store on SQLite, on a small file system; prints the transcript. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { fillDisk } from '../small-disk.ts';
import { playFullDisk } from './full-disk.ts';

const folder = process.argv[2] as string;
const [program, parts] = ['dist/chunks/worker.js', 'test/stores/sqlite-parts.mjs'].map((file) =>
  pathToFileURL(file),
) as [URL, URL];
const ballast = join(folder, 'ballast');
const open = () => SqliteStore.open({ path: join(folder, 'swarm.sqlite'), modules: [parts.href], program });

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
  fill: (isFull) => (isFull ? fillDisk(ballast) : rmSync(ballast)),
  pause: () => setTimeout(100),
});
await store.close();
console.log(JSON.stringify(transcript));
