/**
 * Formations whose nodes have a store, for the tests of the swarm's features.
 *
 * `formations` is called at the top of a test file. Invariant: each formation ends with the test that has made it, which
 * fails where its world found something wrong.
 */
import { afterEach, expect } from 'vitest';
import {
  FormationRun,
  type FormationRunOptions,
  lifeOf,
} from '../../src/features/formation/sim/formation-run.ts';
import type { Letter } from '../../src/features/letters/api.ts';
import { storeModels } from '../../src/features/store-models.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';

type Options = Pick<FormationRunOptions, 'seed' | 'nodes'> & Partial<FormationRunOptions>;

/** @returns what makes one whose nodes all follow one broker; on one machine, unless the options say otherwise. */
export function formations(): (options: Options) => Promise<FormationRun> {
  let runs: FormationRun[] = [];
  afterEach(() => {
    for (const run of runs) run.end();
    const failures = runs.flatMap(({ world }) => world.failures);
    runs = [];
    expect(failures).toEqual([]);
  });
  return async (options) => {
    const run = new FormationRun({ machines: 1, stores: storeModels, ...options });
    runs.push(run);
    await run.begin();
    return run;
  };
}

/** Of two machines the swarm is kept on that of the first broker, which has a letter for `b`; `a` and `b` are of the other. */
export async function keptElsewhere(formation: ReturnType<typeof formations>, seed: number, body: unknown) {
  const made = await formation({ seed, nodes: 4, machines: 2 });
  const kept = made.machineOf(made.broker);
  const left = made.mesh.members.filter((member) => !kept.includes(member));
  const [a, b] = left as [Member, Member];
  const { id } = await made.world.resolve(lifeOf(a).node.letters.send(b.nodeName, body));
  return { made, kept, left, a, b, id };
}

/** Collects what is handed to a node. */
export function handled({ node }: Life, act: (letter: Letter) => unknown = () => undefined): Letter[] {
  const letters: Letter[] = [];
  node.letters.handle((letter) => {
    letters.push(letter);
    return act(letter);
  });
  return letters;
}
