/** The store in memory keeps what every store promises. */
import { MemoryStore } from '../../src/stores/memory-store.ts';
import { storeConformance } from './conformance.ts';
import { conformanceModels } from './shapes.ts';

storeConformance('in memory', async () => {
  const content = new Map();
  let store = new MemoryStore(conformanceModels, content);
  return {
    get store() {
      return store;
    },
    reopen: async () => {
      await store.close();
      store = new MemoryStore(conformanceModels, content);
    },
    beside: async () => new MemoryStore(conformanceModels, content),
    settle: (promise) => promise,
    release: () => store.close(),
  };
});
