/**
 * `npm run report`: the figures that the README states, measured anew.
 *
 * Run by scripts/run.mjs. Virtual time unless a line says "real". Invariant: it exits with 1 when any
 * figure misses its goal, and with 2 and one line when its arguments make no sense.
 */
import { parseArgs } from 'node:util';
import { blockingFigures } from './blocking.ts';
import { type Figure, isReached, tableOf } from './figure.ts';
import { idleFigures } from './idle.ts';
import { largeFigures } from './large.ts';
import { partitionFigures } from './partition.ts';
import { pauseFigures } from './pauses.ts';
import { registryFigures } from './registry.ts';
import { routesFigures } from './routes.ts';
import { sixtyFigures } from './sixty.ts';
import { takeoverFigures } from './takeover.ts';

const measurements: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  sixty: sixtyFigures,
  partition: partitionFigures,
  pauses: pauseFigures,
  blocking: blockingFigures,
  idle: idleFigures,
  large: largeFigures,
  routes: routesFigures,
  registry: registryFigures,
  takeover: takeoverFigures,
};

const asked = arguments_();
const figures: Figure[] = [];
for (const name of asked.only) {
  const measured = await (measurements[name] as () => Promise<readonly Figure[]>)();
  figures.push(...measured);
  if (!asked.json) console.error(`${name}: ${measured.every(isReached) ? 'reached' : 'missed'}`);
}
console.log(asked.json ? JSON.stringify(figures, undefined, 2) : tableOf(figures));
process.exit(figures.every(isReached) ? 0 : 1);

function arguments_(): { only: readonly string[]; json: boolean } {
  const known = Object.keys(measurements);
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'boolean' } } });
    const only = values.only?.split(',') ?? known;
    const unknown = only.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new TypeError(`--only: "${unknown}" is none of ${known.join(', ')}`);
    return { only, json: values.json ?? false };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}
