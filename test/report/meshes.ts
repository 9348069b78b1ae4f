/**
 * A simulated mesh for the measurements: started, and waited for until all know all.
 *
 * Who calls it: the measurements that need more than one run of `runSimulation`.
 */
import { Mesh, World } from '../../src/sim/index.ts';

export interface StartedMesh {
  readonly world: World;
  readonly mesh: Mesh;
}

const convergeLimitMs = 120_000;

/**
 * Nodes of degree 3 on 20 ms links, started within a second.
 * @param loss Share of packets. @param watch Called before the first node starts.
 */
export async function startMesh(
  nodes: number,
  seed: number,
  loss = 0,
  watch: (mesh: Mesh) => void = () => {},
): Promise<StartedMesh> {
  const world = new World({ seed });
  const mesh = new Mesh(world, { degree: 3, network: { latencyMs: 20, loss } });
  watch(mesh);
  const random = world.random.fork('starts');
  for (let i = 1; i <= nodes; i++) {
    const member = mesh.add({ name: `n${i}` });
    world.at(random.between(0, 1000), () => void mesh.start(member));
  }
  if (!(await untilAllKnowAll({ world, mesh }, nodes, convergeLimitMs)))
    throw new Error(`${nodes} nodes of seed ${seed} did not become one mesh`);
  return { world, mesh };
}

/** True when every one of so many nodes knows every other within the time. */
export function untilAllKnowAll(
  { world, mesh }: StartedMesh,
  nodes: number,
  limitMs: number,
): Promise<boolean> {
  let version = -1;
  let answer = false;
  return world.runUntil(() => {
    if (version !== mesh.knowledgeVersion) {
      version = mesh.knowledgeVersion;
      answer = mesh.living.length === nodes && mesh.allKnowAll;
    }
    return answer;
  }, limitMs);
}
