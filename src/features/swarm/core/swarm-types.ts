/** What the swarm's core, its program and its store say to each other. */

import type { Shape } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { LogEvent } from '../../../kernel/log-event.ts';
import type { KeptClock } from '../../../kernel/parts/steady-clock.ts';
import type { Denial } from '../../denials/core/shared.ts';
import type { Home } from './home.ts';

/** A node as the swarm remembers it. */
export interface SeenNode {
  readonly name: string;
  /** Unix milliseconds, by the clocks of the brokers that have seen it. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly services: readonly string[];
  readonly addresses: readonly string[];
  /** That the name is pinned to; empty: none. */
  readonly identity: string;
}

/** What a broker has seen of a node. */
export interface Sight extends Omit<SeenNode, 'firstSeen' | 'lastSeen' | 'identity'> {
  readonly at: number;
}

/** The identity that a name belongs to. */
export interface Pin {
  readonly name: string;
  readonly identity: string;
}

/** A change of who is denied, with what the log says of it. */
export interface DenialChange {
  readonly denial: Denial;
  readonly event: LogEvent;
}

/** What is to be denied. */
export interface DenyRequest {
  readonly name: string;
  /** Undefined: the one that the swarm knows the name by. */
  readonly identity?: string;
}

/** What has become of a name that was to be forgotten. */
interface Forgotten {
  readonly wasSeen: boolean;
  readonly wasPinned: boolean;
}

/** From this name on, itself excluded. */
export interface PageRequest {
  readonly after: string;
  readonly limit: number;
}

/** Whether a store that is there is opened to see which one it is, and one that is not is made. */
export type LookHow = 'closed' | 'open' | 'make';

/** What is where this node's store is, or would be. */
export interface Look {
  /** Of the store, 32 hexadecimal digits. Null: none is there. Undefined: it was not opened to see. */
  readonly id: string | null | undefined;
  /** What was noted last; null: nothing. */
  readonly note: unknown;
  /** What people call the machine. */
  readonly host: string;
}

type SwarmEvent =
  /** Who keeps the swarm, or why nobody here can. Neither: it is to be decided in a moment. */
  | { readonly type: 'keeper'; readonly keeper?: string; readonly problem?: Failure }
  /** Something that the program watches may have changed. */
  | { readonly type: 'changed'; readonly handle: unknown }
  /** The broker does not let this node act in its name, or (at the broker) another one. */
  | { readonly type: 'refused'; readonly why: Failure };

export interface SwarmShape extends Shape {
  readonly event: SwarmEvent;
  readonly commands: {
    ask(question: { readonly verb: string; readonly input: unknown }): string;
    deny(request: DenyRequest): Denial;
    allow(nameOrIdentity: string): readonly Denial[];
    /** As this member knows it. */
    denied(nothing: undefined): readonly Denial[];
    /** The store of this node becomes the swarm's. */
    adopt(nothing: undefined): Home;
  };
  readonly store: {
    claim(epoch: number): { readonly isClaimed: boolean; readonly epoch: number; readonly id: string };
    /** What the store is: of every store, whatever its parts, and without a claim. */
    look(how: LookHow): Look;
    /** Kept beside the store, without a claim. */
    note(home: Home): void;
    /** What the clocks said when that was kept last; null: never. */
    clock(nothing: null): KeptClock | null;
    keepClock(kept: KeptClock): void;
    saw(input: { readonly sights: readonly Sight[]; readonly events: readonly LogEvent[] }): void;
    names(request: PageRequest): readonly string[];
    nodes(request: PageRequest): readonly SeenNode[];
    pin(pin: Pin): void;
    /** What another store has seen. A pin that this one has otherwise stays as it is here. */
    unite(input: { readonly nodes: readonly SeenNode[]; readonly pins: readonly Pin[] }): {
      /** Names, and pins, of which this store did not know all of that. */
      readonly united: number;
      /** What this store has in the place of a pin. */
      readonly others: readonly Pin[];
    };
    pins(request: PageRequest): readonly Pin[];
    /** Those that outrank what the store has, each with its event. */
    deny(changes: readonly DenialChange[]): void;
    /** All of them, also those that were taken back. */
    denials(limit: number): readonly Denial[];
    /** The name, what was seen of it and its pin. */
    forget(name: string): Forgotten;
  };
}
