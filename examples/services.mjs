// A service has a name, a type, and as many nodes as offer it. Whoever asks need not know which.
import { createNode, SkeinError, service } from 'skein';
import * as v from 'valibot';

const Area = service('area', {
  input: v.object({ width: v.pipe(v.number(), v.minValue(0)), height: v.number() }),
  output: v.number(),
  // Twice does no harm: when the node that was asked is lost, another is.
  idempotent: true,
});

const namespace = `services-${process.pid}`;
const asker = await createNode({ name: 'asker', namespace });
const workers = await Promise.all(['worker1', 'worker2'].map((name) => createNode({ name, namespace })));
for (const worker of workers) {
  worker.respond(
    Area,
    ({ input, from, signal }) => {
      // `signal` fires when nobody waits for the answer any more.
      if (signal.aborted) return 0;
      console.log(`${worker.name} works for ${from}`);
      return input.width * input.height;
    },
    { concurrency: 4 },
  );
}
await asker.ready({ nodes: ['worker1', 'worker2'], services: ['area'], timeoutMs: 10_000 });
await asker.request(Area, { width: 2, height: 3 }, { to: 'worker2' });

const area = await asker.request(
  Area,
  { width: 4, height: 5 },
  { strategy: 'least-loaded', timeoutMs: 2000 },
);
console.log(`4 x 5 = ${area}`);

for (const ask of [
  () => asker.request('area', { width: -1, height: 5 }),
  () => asker.request('volume', { width: 1, height: 1, depth: 1 }),
]) {
  try {
    await ask();
  } catch (problem) {
    if (problem instanceof SkeinError) console.log(`${problem.code}: ${problem.message}`);
  }
}

await Promise.all([asker, ...workers].map((node) => node.close()));
