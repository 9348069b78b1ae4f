/** In every other run the checkers of safety may judge from the first message on. */
import { expect, test } from 'vitest';
import { type Life, type Mesh, runSimulation } from '../../src/sim/index.ts';

/** With the first message that is answered n1 is told that n2 is gone, which it is not. */
function lieOnce(mesh: Mesh): void {
  let isToldAlready = false;
  mesh.observers.push({
    messageSettled: () => {
      if (isToldAlready) return;
      isToldAlready = true;
      const life = mesh.member('n1')?.life as Life;
      mesh.tell((observer) => observer.lost?.(life, 'n2', 'lost'));
    },
  });
}

test('a false death at the very beginning is told in a mesh that has rested, and excused in a young one', async () => {
  const told = [];
  for (let seed = 1; seed <= 8; seed++) {
    const report = await runSimulation({ seed, nodes: 4, minutes: 0.1 }, lieOnce);
    told.push(report.failures.join().includes('n1 was told that n2 is gone'));
  }
  expect(told).toContain(true);
  expect(told).toContain(false);
});
