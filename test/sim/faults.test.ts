/** Faults as values: parsed from a list, undone at their end. */
import { expect, test } from 'vitest';
import { faultNames, parseFaults, repeatCommand } from '../../src/sim/index.ts';
import { simulationSettings } from '../../src/sim/options.ts';

test('a list of names is parsed; what is no fault is named', () => {
  expect(parseFaults('partition, crash')).toEqual(['partition', 'crash']);
  expect(parseFaults('')).toEqual([]);
  expect(parseFaults('none')).toEqual([]);
  expect(parseFaults('all')).toEqual(faultNames);
  expect(() => parseFaults('crash,meteor')).toThrow(
    'faults: "meteor" is none of partition, oneway, crash, vanish, pause, cut, drift, loss',
  );
});

test('options that make no sense are named with what is accepted', () => {
  expect(() => simulationSettings({ nodes: 1 })).toThrow('nodes: 1 is not a whole number from 2 to 5000');
  expect(() => simulationSettings({ nodes: 10, seed: 1.5 })).toThrow('seed: 1.5 is not a whole number');
  expect(() => simulationSettings({ nodes: 10, lossPercent: Number.NaN })).toThrow('lossPercent');
});

test('the command that repeats a run names everything it depends on', () => {
  const settings = simulationSettings({ nodes: 40, seed: 17, minutes: 0.5, faults: ['cut', 'loss'] });
  expect(repeatCommand(settings)).toBe(
    'skein sim --nodes 40 --degree 3 --seed 17 --minutes 0.5 --loss 0 --latency 20 --faults cut,loss',
  );
});
