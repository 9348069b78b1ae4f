/** What of a worker is in use, and what it says of a task that does not fit. */
import { expect, test } from 'vitest';
import type { Requirements } from './requirements.ts';
import { bytesText, Room, whyElsewhere } from './room.ts';

const nothing: Requirements = { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] };
const gibibyte = 2 ** 30;

function roomOf(cores = 8): Room {
  const room = new Room();
  room.resize({ cores, memory: 16 * gibibyte, software: ['blender'], resources: [['gpu', 2]] });
  return room;
}

test.each([
  [{ cores: 9 }, 'has 8 cores, 9 are needed'],
  [{ memory: 17 * gibibyte }, 'has 16 GiB of memory, 17 GiB are needed'],
  [{ software: ['blender', 'ffmpeg'] }, 'lacks software "ffmpeg"'],
  [{ resources: [['gpu', 3]] }, 'has 2 "gpu", 3 are needed'],
  [{ resources: [['tpu', 1]] }, 'has no "tpu"'],
  [{ cores: 8, memory: 16 * gibibyte, software: ['blender'], resources: [['gpu', 2]] }, undefined],
] as const)('of a task that needs %j a worker with nothing in use says: %s', (needs, reason) => {
  expect(roomOf().whyTooSmall({ ...nothing, ...(needs as Partial<Requirements>) })).toBe(reason);
});

test('what is in use is not free until it is given back', () => {
  const room = roomOf();
  const half: Requirements = { ...nothing, cores: 5, memory: 9 * gibibyte, resources: [['gpu', 2]] };
  const why = (needs: Partial<Requirements>) => {
    const all = { ...nothing, ...needs };
    const reason = room.whyShort(all);
    expect(room.isShort(all)).toBe(reason !== undefined);
    return reason;
  };
  room.take(half);
  expect([room.freeCores, room.freeMemory, room.freeUnitsOf('gpu')]).toEqual([3, 7 * gibibyte, 0]);
  expect(why({ cores: 4 })).toBe('has 3 of 8 cores free');
  expect(why({ memory: 7.5 * gibibyte })).toBe('has 7 GiB of 16 GiB of memory free');
  expect(why({ resources: [['gpu', 1]] })).toBe('has 0 of 2 "gpu" free');
  expect(why({ cores: 3, memory: 7 * gibibyte })).toBeUndefined();
  room.giveBack(half);
  expect(why(half)).toBeUndefined();
});

test('a worker that has become smaller has nothing free, and not less', () => {
  const room = roomOf();
  room.take({ ...nothing, cores: 8, memory: 16 * gibibyte, resources: [['gpu', 2]] });
  room.resize({ cores: 1, memory: gibibyte, software: [], resources: [] });
  expect([room.freeCores, room.freeMemory, room.freeUnitsOf('gpu')]).toEqual([0, 0, 0]);
  expect(room.whyShort({ ...nothing, cores: 1 })).toBe('has 0 of 1 core free');
});

test('a task that asks for a node, or excludes some, may run there alone', () => {
  expect(whyElsewhere({ ...nothing, node: 'v' }, 'w')).toBe('is not "v"');
  expect(whyElsewhere({ ...nothing, not: ['v', 'w'] }, 'w')).toBe('is excluded by the task');
  expect(whyElsewhere({ ...nothing, node: 'w', not: ['v'] }, 'w')).toBeUndefined();
});

test('bytes are in the unit of which there is at least one, and never rounded up', () => {
  expect([0, 1023, 1024, 1.99 * gibibyte, 2 ** 50, 2 ** 60].map(bytesText)).toEqual([
    ...['0 bytes', '1023 bytes', '1 KiB', '1.9 GiB', '1 PiB', '1024 PiB'],
  ]);
});
