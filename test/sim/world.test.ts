/** The world's loop: virtual time, promises between events, failures as data, equal runs. */
import { expect, test } from 'vitest';
import { World } from '../../src/sim/world/world.ts';

test('time jumps from event to event and ends where it was told to', async () => {
  const world = new World({ seed: 1 });
  const seen: number[] = [];
  world.after(10, () => {
    seen.push(world.now);
    world.after(5, () => seen.push(world.now));
  });
  world.after(1000, () => seen.push(world.now));
  await world.run(100);
  expect(seen).toEqual([10, 15]);
  expect(world.now).toBe(100);
});

test('promises that an event settled run on before the next event', async () => {
  const world = new World({ seed: 1 });
  const order: string[] = [];
  let wake: () => void = () => {};
  const waited = new Promise<void>((resolve) => {
    wake = resolve;
  });
  void waited.then(async () => {
    order.push('first promise');
    await undefined;
    order.push('second promise');
  });
  world.after(1, () => {
    order.push('event');
    wake();
    world.touchProgram();
  });
  world.after(1, () => order.push('next event'));
  await world.run(2);
  expect(order).toEqual(['event', 'first promise', 'second promise', 'next event']);
});

test('an exception in an event is a failure of the run, not its end', async () => {
  const world = new World({ seed: 1 });
  world.after(1, () => {
    throw new Error('broken');
  });
  world.after(2, () => world.note('goes on'));
  await world.run(3);
  expect(world.failures).toHaveLength(1);
  expect(world.failures[0]).toContain('broken');
  expect(world.now).toBe(3);
});

test('a canceled event does not happen', async () => {
  const world = new World({ seed: 1 });
  let happened = false;
  const event = world.after(1, () => {
    happened = true;
  });
  world.cancel(event);
  await world.run(10);
  expect(happened).toBe(false);
});

test('a world that stands still is told', async () => {
  const world = new World({ seed: 1 });
  const again = () => {
    world.after(0, again);
  };
  again();
  await expect(world.run(1)).rejects.toThrow('stands still');
});

test('resolve runs the world until the promise settles', async () => {
  const world = new World({ seed: 1 });
  const later = new Promise<string>((resolve) => {
    world.after(500, () => {
      resolve('done');
      world.touchProgram();
    });
  });
  expect(await world.resolve(later)).toBe('done');
  expect(world.now).toBe(500);
  await expect(world.resolve(new Promise(() => {}), 10)).rejects.toThrow('did not settle');
});

test('the fingerprint tells apart a single byte, and an order', () => {
  const digest = (fill: (world: World) => void) => {
    const world = new World({ seed: 1 });
    fill(world);
    return world.hash.digest();
  };
  const base = digest((world) => world.hash.bytes(Uint8Array.of(1, 2, 3)));
  expect(digest((world) => world.hash.bytes(Uint8Array.of(1, 2, 3)))).toBe(base);
  expect(digest((world) => world.hash.bytes(Uint8Array.of(1, 2, 4)))).not.toBe(base);
  expect(digest((world) => world.hash.bytes(Uint8Array.of(2, 1, 3)))).not.toBe(base);
});
