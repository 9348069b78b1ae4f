// A part whose operations end the thread of their store, in the middle of a group.
export const parts = [
  {
    name: 'mortal',
    migrations: ['CREATE TABLE mortal (n INTEGER PRIMARY KEY) STRICT'],
    operations(database) {
      const add = database.prepare('INSERT INTO mortal DEFAULT VALUES RETURNING n');
      return {
        add: () => add.get().n,
        hold() {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
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
