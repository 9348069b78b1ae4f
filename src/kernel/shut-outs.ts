/**
 * Which nodes this one has nothing to do with, as its behaviors say.
 *
 * Asked for each handshake, record and frame; set through agents. Invariant: a behavior answers for itself alone, and while
 * none has an answer nobody is asked.
 */
import type { ShutOut } from './contracts.ts';
import type { Failure } from './errors.ts';
import type { Instance, NodeId } from './identity.ts';

export class ShutOuts {
  private readonly answers = new Map<string, ShutOut>();

  /** Frames are many: most nodes shut nobody out. */
  get isEmpty(): boolean {
    return this.answers.size === 0;
  }

  set(feature: string, answer: ShutOut | undefined): void {
    if (answer === undefined) this.answers.delete(feature);
    else this.answers.set(feature, answer);
  }

  /** @param instance Undefined: a frame does not say which incarnation sent it. */
  why(node: NodeId, instance: Instance | undefined): Failure | undefined {
    for (const answer of this.answers.values()) {
      const why = answer(node, instance);
      if (why !== undefined) return why;
    }
    return undefined;
  }
}
