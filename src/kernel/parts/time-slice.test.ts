import { expect, test } from 'vitest';
import { TimeSlice } from './time-slice.ts';

test('a slice is over by its time or its number, whichever comes first, and whole again once the loop has turned', () => {
  const slice = new TimeSlice(5, 3);
  slice.use(2);
  expect([slice.isOver, slice.isHalfUsed]).toEqual([false, false]);
  slice.use(0.5);
  expect([slice.isOver, slice.isHalfUsed]).toEqual([false, true]);
  slice.use(2.5);
  expect(slice.isOver).toBe(true);
  slice.renew();
  expect([slice.isOver, slice.isHalfUsed]).toEqual([false, false]);
  for (let i = 0; i < 3; i++) slice.use(0);
  expect(slice.isOver).toBe(true);
});
