/**
 * A small mesh under all checkers, for tests of faults: started, settled, and what was found wrong.
 *
 * Who calls it: the tests of faults and checkers. Invariant: everything follows from the seed.
 */

import { MessageLedger } from '../../src/features/messaging/sim/message-ledger.ts';
import { MessageWorkload } from '../../src/features/messaging/sim/message-workload.ts';
import {
  type Fault,
  type MemberOptions,
  Mesh,
  type MeshOptions,
  Safety,
  SeededRandom,
  World,
} from '../../src/sim/index.ts';
import { Settling } from '../../src/sim/world/checkers/settling.ts';

const knowLimitMs = 60_000;
const lookMs = 250;
/** Longer than checkers look back: what follows has no excuse in the start. */
const restMs = 10_000;

export class TestStage {
  readonly world: World;
  readonly mesh: Mesh;
  readonly checks: Record<string, number> = {};
  readonly safety: Safety;
  readonly settling: Settling;
  readonly ledger: MessageLedger;
  readonly workload: MessageWorkload;
  readonly random = SeededRandom.fromSeed(99);

  constructor(seed = 1, options: Partial<MeshOptions> = {}) {
    this.world = new World({ seed });
    this.mesh = new Mesh(this.world, { degree: 2, network: {}, ...options });
    this.safety = new Safety(this.mesh, this.checks);
    this.settling = new Settling(this.mesh, this.safety, this.checks);
    this.ledger = new MessageLedger(this.mesh, this.checks, { standing: this.safety.standing });
    this.workload = new MessageWorkload(this.mesh, this.ledger, 20);
  }

  /** So many nodes, started within the same instant and long settled. */
  async start(nodes: number, options: Omit<MemberOptions, 'name'> = {}): Promise<this> {
    for (let i = 1; i <= nodes; i++) this.mesh.start(this.mesh.add({ name: `n${i}`, ...options }));
    if (!(await this.settling.allKnowAll(knowLimitMs, nodes)))
      throw new Error('the nodes do not know each other');
    await this.world.run(restMs);
    return this;
  }

  async suffer(fault: Fault, forMs: number): Promise<void> {
    fault.start(this.mesh);
    await this.pass(forMs);
    fault.end(this.mesh);
  }

  /** Time passes, and safety is looked at. */
  async pass(forMs: number): Promise<void> {
    const end = this.world.now + forMs;
    while (this.world.now < end) {
      await this.world.run(Math.min(lookMs, end - this.world.now));
      await this.safety.look();
    }
    this.ledger.checkOverdue();
  }

  /** What was found wrong until the mesh is whole again. */
  async verdict(): Promise<string[]> {
    await this.settling.settle();
    this.mesh.killAll();
    return this.world.failures;
  }
}
