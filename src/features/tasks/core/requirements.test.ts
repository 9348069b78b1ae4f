import { expect, test } from 'vitest';
import { taskLimits } from './limits.ts';
import { capacityOf } from './requirements.ts';

const machine = { cores: 4, freeMemoryBytes: 1e9 + 0.5 };

test('a node has what its machine has, where its services say nothing of it', () => {
  expect(capacityOf([{}, { software: ['b', 'a'] }, { software: ['b'] }], machine)).toEqual({
    ...{ cores: 4, memory: 1e9, software: ['a', 'b'], resources: [] },
  });
});

test('of what several services say it has that which is the most, also where that is less than the machine has', () => {
  const said = [
    { cores: 1, memory: 1000, resources: [['gpu', 2] as const] },
    { cores: 2, memory: 10, resources: [['fpga', 1] as const, ['gpu', 1] as const] },
  ];
  expect(capacityOf(said, machine)).toEqual({
    ...{ cores: 2, memory: 1000, software: [] },
    resources: [
      ['fpga', 1],
      ['gpu', 2],
    ],
  });
});

test('a machine with more than can be said offers what can be said', () => {
  const { cores, memory } = capacityOf([], { cores: 1e6, freeMemoryBytes: 2 ** 60 });
  expect([cores, memory]).toEqual([taskLimits.taskUnitsMax, taskLimits.taskMemoryMax]);
});
