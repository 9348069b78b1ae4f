/**
 * Waits until the mesh is whole: one effective network that all know, shortest routes, degrees met, nobody
 * forgotten.
 *
 * Who calls it: the simulation, once the faults are over. Invariant: what the nodes know must follow the
 * network as it truly is within a sync period and a flood; only the network itself may take longer to
 * become one, since that may wait for a beacon or a long backoff.
 */
import { topologyLimits } from '../../../features/topology/core/limits.ts';
import type { Mesh } from '../mesh.ts';
import { type CheckCounts, checkDegrees, checkNetwork } from './checkers.ts';
import { type GroundTruth, readGroundTruth } from './ground-truth.ts';
import { checkNamesUnique } from './namesakes.ts';
import type { Safety } from './safety.ts';

/** A beacon comes every 30 s, a wait between solicitations may be 128 s. */
const wholeLimitMs = 240_000;
/** Neighbors compare digests each sync period, with a tenth of jitter; then a flood. */
const knownLimitMs = topologyLimits.syncPeriodMs * 1.1 + 3000;
/** A node that is still changing links is given this long until it is looked at again. */
const lookAgainMs = 500;
/** Longer, where only a backoff is waited for. */
const lookLaterMs = 2000;

export class Settling {
  private readonly mesh: Mesh;
  private readonly safety: Safety;
  private readonly checks: CheckCounts;
  private truth: GroundTruth | undefined;
  /** When the network was last seen to change, and how late bytes had been in all by then. */
  private still = { since: 0, lateMs: 0 };

  constructor(mesh: Mesh, safety: Safety, checks: CheckCounts) {
    this.mesh = mesh;
    this.safety = safety;
    this.checks = checks;
  }

  /** Every running program was told of every other; `count`: once so many run. */
  allKnowAll(limitMs: number, count = 0): Promise<boolean> {
    const { mesh } = this;
    let version = -1;
    let answer = false;
    return mesh.world.runUntil(() => {
      if (version !== mesh.knowledgeVersion) {
        version = mesh.knowledgeVersion;
        answer = mesh.living.length >= count && mesh.allKnowAll;
      }
      return answer;
    }, limitMs);
  }

  /** False when it does not become whole; why is told to the world. */
  async settle(): Promise<boolean> {
    const { world } = this.mesh;
    const end = world.now + wholeLimitMs;
    this.truth = undefined;
    let problems: readonly string[] = [];
    do {
      await this.allKnowAll(lookAgainMs);
      const views = await this.viewProblems();
      if (views.length > 0 && this.isOverdue()) {
        const seconds = ((world.now - this.still.since) / 1000).toFixed(1);
        return this.complain(views, `${seconds} s after the last change of the network`);
      }
      const links = views.length > 0 ? [] : await this.linkProblems();
      problems = [...views, ...links];
      if (problems.length === 0) return true;
      await world.run(views.length > 0 ? lookAgainMs : lookLaterMs);
    } while (world.now < end);
    return this.complain(problems, `${wholeLimitMs / 1000} s after the faults`);
  }

  /** What the nodes know, against what is. */
  private async viewProblems(): Promise<string[]> {
    const truth = await readGroundTruth(this.mesh);
    if (this.truth === undefined || !truth.equals(this.truth)) this.still = this.stillNow();
    this.truth = truth;
    const problems = await checkNetwork(this.mesh, this.checks, truth);
    if (problems.length > 0) return problems;
    return this.mesh.allKnowAll ? this.safety.checkMemory() : ['not every program was told of every other'];
  }

  private async linkProblems(): Promise<string[]> {
    return [...checkNamesUnique(this.mesh), ...(await checkDegrees(this.mesh, this.checks))];
  }

  /** The network is one and stands still, nothing is late, and still some do not know it. */
  private isOverdue(): boolean {
    const { world, network, living } = this.mesh;
    if (this.truth?.components().length !== 1 || checkNamesUnique(this.mesh).length > 0) return false;
    if (this.truth.edges.size !== living.length) return false;
    if (network.lateUntil > world.now) return false;
    const since = Math.max(this.still.since, this.mesh.liars.lyingUntil);
    return world.now - since > knownLimitMs + network.lateMs - this.still.lateMs;
  }

  private stillNow(): { since: number; lateMs: number } {
    return { since: this.mesh.world.now, lateMs: this.mesh.network.lateMs };
  }

  private complain(problems: readonly string[], when: string): false {
    for (const problem of problems) this.mesh.world.fail(`${when}: ${problem}`);
    return false;
  }
}
