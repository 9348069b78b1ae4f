/** What the swarm's core, its program and its store say to each other. */
import type { Shape } from '../../../kernel/contracts.ts';

/** A node as the swarm remembers it. */
export interface SeenNode {
  readonly name: string;
  /** Unix milliseconds, by the clocks of the brokers that have seen it. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly services: readonly string[];
  readonly addresses: readonly string[];
}

/** What a broker has seen of a node. */
export interface Sight extends Omit<SeenNode, 'firstSeen' | 'lastSeen'> {
  readonly at: number;
}

/** From this name on, itself excluded. */
export interface PageRequest {
  readonly after: string;
  readonly limit: number;
}

export interface SwarmShape extends Shape {
  readonly commands: {
    ask(question: { readonly verb: string; readonly input: unknown }): string;
  };
  readonly store: {
    claim(epoch: number): { readonly isClaimed: boolean; readonly epoch: number; readonly id: string };
    saw(sights: readonly Sight[]): void;
    names(request: PageRequest): readonly string[];
    nodes(request: PageRequest): readonly SeenNode[];
  };
}
