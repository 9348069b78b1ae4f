// A part whose operations end or hold up the thread of their store, in the middle of a group.
import { existsSync } from 'node:fs';

export const parts = [
  {
    name: 'mortal',
    migrations: ['CREATE TABLE mortal (n INTEGER PRIMARY KEY) STRICT'],
    operations(database) {
      const add = database.prepare('INSERT INTO mortal DEFAULT VALUES RETURNING n');
      return {
        add: () => add.get().n,
        // Until that file is there: a thread that carries out an operation hears of nothing else.
        hold(file) {
          while (!existsSync(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        },
        exit() {
          add.get();
          process.exit();
        },
        throwLater() {
          setImmediate(() => {
            throw new Error('nobody catches this');
          });
        },
      };
    },
  },
];
