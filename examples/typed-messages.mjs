// A kind gives messages a name and a type; with a schema, bodies are also checked at both ends.
// Any Standard Schema will do: valibot (here), zod, arktype ...
import { createNode, kind, SkeinError } from 'skein';
import * as v from 'valibot';

const Reading = kind(
  'reading',
  v.object({ sensor: v.string(), celsius: v.pipe(v.number(), v.minValue(-273.15)) }),
);

const namespace = `typed-${process.pid}`;
const sensor = await createNode({ name: 'sensor', namespace });
const screen = await createNode({ name: 'screen', namespace });
await sensor.ready({ nodes: ['screen'], timeoutMs: 10_000 });

const readings = screen.messages({ kind: Reading });
await sensor.send('screen', { sensor: 'roof', celsius: 21.5 }, { kind: Reading });
// Another module's messages do not get in the way.
await sensor.send('screen', 'not a reading', { kind: 'gossip' });

for await (const { body } of readings) {
  // `body` is { sensor: string, celsius: number }.
  console.log(`${body.sensor}: ${body.celsius.toFixed(1)} °C`);
  break;
}

try {
  await sensor.send('screen', { sensor: 'roof', celsius: -400 }, { kind: Reading });
} catch (problem) {
  if (problem instanceof SkeinError) console.log(`${problem.code}: ${problem.message}`);
}

await Promise.all([sensor.close(), screen.close()]);
