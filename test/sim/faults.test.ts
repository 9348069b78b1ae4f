/** Faults as values: parsed from a list, undone at their end. */
import { expect, test } from 'vitest';
import { faultNames, parseFaults, repeatCommand, SeededRandom } from '../../src/sim/index.ts';
import { simulationSettings } from '../../src/sim/run/options.ts';
import { makeFault } from '../../src/sim/world/faults/faults.ts';
import { TestStage } from './stage.ts';

test('a list of names is parsed; what is no fault is named', () => {
  expect(parseFaults('partition, crash')).toEqual(['partition', 'crash']);
  expect(parseFaults('')).toEqual([]);
  expect(parseFaults('none')).toEqual([]);
  expect(parseFaults('all')).toEqual(faultNames);
  expect(() => parseFaults('crash,meteor')).toThrow(
    'faults: "meteor" is none of partition, oneway, crash, vanish, pause, cut, drift, loss, flap, slow, jump, ' +
      'restart, leave, twin, dials, liar, datagrams, disk, move',
  );
});

test('options that make no sense are named with what is accepted', () => {
  expect(() => simulationSettings({ nodes: 1 })).toThrow('nodes: 1 is not a whole number from 2 to 5000');
  expect(() => simulationSettings({ nodes: 10, seed: 1.5 })).toThrow('seed: 1.5 is not a whole number');
  expect(() => simulationSettings({ nodes: 10, lossPercent: Number.NaN })).toThrow('lossPercent');
  const options = { nodes: 10, start: 'warm', workload: 'heavy' } as never;
  expect(() => simulationSettings(options)).toThrow(
    'workload: "heavy" is none of mixed, chatty, large, slow-readers',
  );
  expect(() => simulationSettings({ nodes: 10, start: 'warm' as never })).toThrow(
    'start: "warm" is none of cold, islands, triangles, flood',
  );
});

test('the command that repeats a run names everything it depends on', () => {
  const settings = simulationSettings({ nodes: 40, seed: 17, minutes: 0.5, faults: ['cut', 'loss'] });
  expect(repeatCommand(settings)).toBe(
    'skein sim --nodes 40 --degree 3 --seed 17 --minutes 0.5 --loss 0 --latency 20 --faults cut,loss',
  );
});

test('a start and a workload of its own are part of the command', () => {
  const settings = simulationSettings({ nodes: 12, start: 'flood', workload: 'chatty' });
  expect(repeatCommand(settings)).toBe(
    'skein sim --nodes 12 --degree 3 --seed 1 --minutes 1 --loss 0 --latency 20 --start flood --workload chatty',
  );
});

test('every fault is made from a seed, says whom it hits, and leaves nothing behind', async () => {
  for (const name of faultNames) {
    const stage = await new TestStage(7).start(6, { store: [] });
    const usual = { ...stage.mesh.network.conditions };
    const fault = makeFault(name, stage.mesh, stage.random);
    expect(fault?.name).toBe(name);
    expect(fault?.text, name).not.toBe('');
    if (fault !== undefined) await stage.suffer(fault, 1500);
    expect(stage.mesh.network.conditions, name).toEqual(usual);
    expect(await stage.verdict(), name).toEqual([]);
  }
});

test('equal seeds make equal faults', async () => {
  for (const name of faultNames) {
    const stage = await new TestStage(7).start(6, { store: [] });
    const texts = [1, 2].map(() => makeFault(name, stage.mesh, SeededRandom.fromSeed(3))?.text);
    expect(texts[0]).toBe(texts[1]);
    stage.mesh.killAll();
  }
});
