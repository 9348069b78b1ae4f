/**
 * The workers that the broker knows: those that are here, those that hold tasks, and those that were here before.
 *
 * Matching calls it. Invariant: at most `taskWorkersMax`, unless more are here or hold tasks: of the others those that
 * were not seen for the longest time make room.
 */
import type { NodeId } from '../../../../kernel/identity.ts';
import { taskLimits } from '../limits.ts';
import type { Requirements } from '../requirements.ts';
import type { SeenWorker } from '../tasks-types.ts';
import { Worker } from './worker.ts';

export class Roster {
  /** By name, those not seen for the longest time first. */
  private readonly workers = new Map<string, Worker>();
  private readonly byNode = new Map<NodeId, Worker>();

  [Symbol.iterator](): Iterator<Worker> {
    return this.workers.values();
  }

  get(node: NodeId): Worker | undefined {
    return this.byNode.get(node);
  }

  /** The worker of this name, which was seen now. */
  see(name: string): Worker {
    const worker = this.workers.get(name) ?? new Worker(name);
    this.workers.delete(name);
    this.workers.set(name, worker);
    this.byNode.set(worker.node, worker);
    this.makeRoom();
    return worker;
  }

  /** What the store knows of a worker that was here; nothing, where it is here or more is known. */
  remember({ name, services, capacity }: SeenWorker): void {
    const known = this.workers.get(name);
    if (known !== undefined && (known.isHere || known.services.size > 0)) return;
    this.see(name).describe(services, capacity);
  }

  /** Whether a worker that is or was here could run such a task, with nothing else in hand. */
  isFeasible(service: string, needs: Requirements): boolean {
    for (const worker of this.workers.values()) if (worker.couldRun(service, needs)) return true;
    return false;
  }

  private makeRoom(): void {
    if (this.workers.size <= taskLimits.taskWorkersMax) return;
    for (const worker of this.workers.values()) {
      if (worker.isHere || worker.held.size > 0) continue;
      this.workers.delete(worker.name);
      this.byNode.delete(worker.node);
      return;
    }
  }
}
