import { expect, test } from 'vitest';
import type { Mesh } from '../sim/world/mesh.ts';
import type { MeshObserver } from '../sim/world/mesh-observer.ts';
import { Progress } from './progress.ts';

function follow() {
  const written: string[] = [];
  const observers: MeshObserver[] = [];
  const time = { real: 0, virtual: 0 };
  const progress = new Progress({ terminal: { write: (text) => written.push(text) }, now: () => time.real });
  progress.follow({
    observers: observers as Mesh['observers'],
    world: {
      get now() {
        return time.virtual;
      },
    },
  });
  const wrote = () => (observers[0] as { wrote(): void }).wrote();
  return { written, time, progress, wrote };
}

test('a long run says now and then how far it is, and takes the line away', () => {
  const { written, time, progress, wrote } = follow();
  for (const [real, virtual] of [
    [100, 5000],
    [700, 20_000],
    [800, 30_000],
    [2000, 61_000],
  ] as const) {
    Object.assign(time, { real, virtual });
    wrote();
  }
  progress.end();
  expect(written).toEqual([
    '\r\u001b[K20 s of virtual time, 1 s of real time',
    '\r\u001b[K61 s of virtual time, 2 s of real time',
    '\r\u001b[K',
  ]);
});

test('a short one says nothing', () => {
  const { written, progress, wrote } = follow();
  wrote();
  progress.end();
  expect(written).toEqual([]);
});
