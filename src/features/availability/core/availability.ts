/**
 * Availability: which nodes take work, and at which somebody is active.
 *
 * A behavior. Each node says it in its announcement, so that every node knows it of every other, also one that joins
 * later, and liveness stays the mesh's affair. Invariant: only nodes that have said something are kept, and only while
 * they can be reached.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DiagnosticCalls,
  LifecycleCalls,
  MeshCalls,
  Shape,
} from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { AvailabilityCore } from './shared.ts';
import { type AvailabilityState, decodeState, encodeState, isSameState, usualState } from './state.ts';

export const availabilityFeature = 'availability';

/** A node is in another state than before. */
interface StateChanged extends AvailabilityState {
  readonly type: 'changed';
  readonly node: NodeId;
  readonly name: string;
}

export interface AvailabilityShape extends Shape {
  readonly commands: {
    /** What is not named stays. */
    set(change: Partial<AvailabilityState>): AvailabilityState;
  };
  readonly event: StateChanged;
}

export class Availability implements Behavior<AvailabilityShape>, AvailabilityCore {
  readonly name = availabilityFeature;
  readonly commands: CommandHandlers<AvailabilityShape> = {
    set: (agent, change, reply) => reply.answer(this.set(agent, change)),
  };
  readonly lifecycle: LifecycleCalls<AvailabilityShape> = {
    started: (agent) => {
      this.self = agent.self.id;
    },
  };
  readonly mesh: MeshCalls<AvailabilityShape> = {
    announced: (agent, node, section) => this.announced(agent, node, section),
  };
  readonly diagnostics: DiagnosticCalls = { status: () => ({ ...this.own }) };
  /** Nodes in any but the usual state, this one included. */
  private readonly unusual = new Map<NodeId, AvailabilityState>();
  private unavailableCount = 0;
  private readonly listeners: ((changed: StateChanged) => void)[] = [];
  private self: NodeId | undefined;

  get hasUnavailable(): boolean {
    return this.unavailableCount > 0;
  }

  get own(): AvailabilityState {
    return this.self === undefined ? usualState : this.stateOf(this.self);
  }

  isAvailable(node: NodeId): boolean {
    return this.unavailableCount === 0 || this.stateOf(node).available;
  }

  stateOf(node: NodeId): AvailabilityState {
    return this.unusual.get(node) ?? usualState;
  }

  unusualNodes(): Iterable<NodeId> {
    return this.unusual.keys();
  }

  onChanged(changed: (changed: StateChanged) => void): void {
    this.listeners.push(changed);
  }

  private set(
    agent: BehaviorAgent<AvailabilityShape>,
    change: Partial<AvailabilityState>,
  ): AvailabilityState {
    const { id, name } = agent.self;
    const before = this.own;
    const after = { ...before, ...change };
    if (isSameState(before, after)) return after;
    agent.announce(encodeState(after));
    this.keep(id, after);
    this.changed(agent, { type: 'changed', node: id, name, ...after });
    return after;
  }

  private announced(
    agent: BehaviorAgent<AvailabilityShape>,
    node: NodeId,
    section: Uint8Array | undefined,
  ): void {
    if (node === agent.self.id) return;
    const after = decodeState(section);
    if (isSameState(this.stateOf(node), after)) return;
    this.keep(node, after);
    const entry = agent.directory.get(node);
    // One that is gone has not become available.
    if (entry?.reachable === true) this.changed(agent, { type: 'changed', node, name: entry.name, ...after });
  }

  private changed(agent: BehaviorAgent<AvailabilityShape>, event: StateChanged): void {
    agent.deliver(event);
    for (const listener of this.listeners) listener(event);
  }

  private keep(node: NodeId, state: AvailabilityState): void {
    if (!this.stateOf(node).available) this.unavailableCount--;
    if (!state.available) this.unavailableCount++;
    if (isSameState(state, usualState)) this.unusual.delete(node);
    else this.unusual.set(node, state);
  }
}
