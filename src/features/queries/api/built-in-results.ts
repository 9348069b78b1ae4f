/**
 * What the built-in queries answer, field by field. Later versions may add fields; none is taken away or changes its
 * meaning.
 */
import type { MachineFacts } from '../../../kit/machine.ts';
import type { WorkerView } from '../../tasks/api.ts';

export type { MachineFacts } from '../../../kit/machine.ts';

/** Of a node, by the name of the query. */
export interface NodeAnswers {
  /** What it offers and answers. */
  readonly services: NodeServices;
  /** One of its services, whose name is the input. */
  readonly service: NodeService;
  /** Figures of the node and of its machine. */
  readonly stats: NodeStats;
  /** How busy it is. */
  readonly mood: NodeMood;
  /** How it stands to a task, as a worker. Input: nothing, or what the task needs: `{ service, cores, memory, ... }`. */
  readonly availability: WorkerView;
  /** Letters that it has sent. Input: nothing, or `{ after }`. */
  readonly state: LettersPage;
  /** Nodes that it can reach. Input: nothing, or `{ after }`. */
  readonly peers: NodePeers;
}

/** Of the swarm, by the name of the query. */
export interface SwarmAnswers {
  /** What reachable nodes offer. Input: nothing, or `{ after }`. */
  readonly services: SwarmServices;
  /** One service, whose name is the input. */
  readonly service: SwarmService;
  /** Figures of the swarm. */
  readonly stats: SwarmStats;
  /** How busy its broker is. */
  readonly mood: SwarmMood;
  /** Its workers, ranked for a task. Input: nothing, or what the task needs: `{ service, cores, memory, ... }`. */
  readonly availability: SwarmAvailability;
  /** Letters of the swarm, or of one author. Input: nothing, the author's name, or `{ from, after }`. */
  readonly state: LettersPage;
  /** All nodes that the swarm has ever seen. Input: nothing, or `{ after }`. */
  readonly peers: SwarmPeers;
}

/** What a node offers and answers. */
export interface NodeServices {
  /** Names of its services. */
  readonly services: readonly string[];
  /** Names of the queries that it answers. */
  readonly queries: readonly string[];
}

/** How a service of a node stands. */
export interface NodeService {
  /** Its name. */
  readonly name: string;
  /** The node offers it. */
  readonly isOffered: boolean;
  /** Handlers at work. Absent where no program of the node answers its requests. */
  readonly running?: number;
  /** Requests that wait for a handler. */
  readonly waiting?: number;
  /** Handlers that may be at work at the same time. */
  readonly concurrency?: number;
  /** Requests that may wait. */
  readonly queue?: number;
}

/** Figures of a node. */
export interface NodeStats {
  /** Its version of skein. */
  readonly version: string;
  /** Milliseconds since it was started. */
  readonly uptimeMs: number;
  /** Nodes that it can reach, itself included. */
  readonly nodeCount: number;
  /** Its links. */
  readonly linkCount: number;
  /** Absent in the simulator. */
  readonly machine?: MachineFacts;
}

/** `idle`: no request is at work. `busy`: some are. `overloaded`: requests wait for a handler. */
export type Mood = 'idle' | 'busy' | 'overloaded';

/** How busy a node is with requests to its services. */
export interface NodeMood {
  /** Follows from the two numbers. */
  readonly mood: Mood;
  /** Requests whose handlers are at work. */
  readonly running: number;
  /** Requests that wait for a handler. */
  readonly waiting: number;
}

/** Letters in the store, the oldest first. */
export interface LettersPage {
  /** At most 200. */
  readonly letters: readonly LetterState[];
  /** There are more: ask again with this as `after`. */
  readonly next?: number;
}

/** A letter, and how it stands with its recipients. */
export interface LetterState {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Its place in the store. */
  readonly n: number;
  /** Its author. */
  readonly from: string;
  /** What it is called. */
  readonly type: string;
  /** Unix milliseconds, by its author's clock. */
  readonly sentAt: number;
  /** Bytes of its body. */
  readonly bytes: number;
  /** At most 100 of its recipients, each with its state: `stored`, `delivered`, `failed`, `expired`, `refused`, `removed`. */
  readonly recipients: readonly { readonly name: string; readonly state: string }[];
  /** All of its recipients. */
  readonly recipientCount: number;
}

/** Nodes that a node can reach. */
export interface NodePeers {
  /** At most 200, by name, without itself. */
  readonly peers: readonly { readonly name: string; readonly hops: number }[];
  /** There are more: ask again with this as `after`. */
  readonly next?: string;
}

/** What the reachable nodes of a swarm offer. */
export interface SwarmServices {
  /** At most 200, by name, with how many nodes offer each. */
  readonly services: readonly { readonly name: string; readonly nodeCount: number }[];
  /** Names of the queries that the swarm answers. */
  readonly queries: readonly string[];
  /** There are more services: ask again with this as `after`. */
  readonly next?: string;
}

/** Who offers a service. */
export interface SwarmService {
  /** Its name. */
  readonly name: string;
  /** At most 100 nodes that offer it, by name. */
  readonly nodes: readonly string[];
  /** All of them. */
  readonly nodeCount: number;
}

/** Figures of a swarm. */
export interface SwarmStats {
  /** The node that keeps it. */
  readonly broker: string;
  /** Nodes that the broker can reach, itself included. */
  readonly nodeCount: number;
  /** Nodes that were ever here. */
  readonly seenCount: number;
}

/** How busy the broker of a swarm is. */
export interface SwarmMood extends NodeMood {
  /** The node that keeps the swarm. */
  readonly broker: string;
}

/** The workers of a swarm. */
export interface SwarmAvailability {
  /** Those first that would take such a task now, with most room; at most 200. */
  readonly workers: readonly WorkerView[];
  /** All of them. */
  readonly workerCount: number;
}

/** All nodes that a swarm has ever seen. */
export interface SwarmPeers {
  /** At most 200, by name. */
  readonly peers: readonly SwarmPeer[];
  /** There are more: ask again with this as `after`. */
  readonly next?: string;
}

/** A node that the swarm has seen. */
export interface SwarmPeer {
  /** Its name. */
  readonly name: string;
  /** Unix milliseconds, by the clock of the broker that has seen it. */
  readonly firstSeen: number;
  /** Unix milliseconds: when it came or went last. */
  readonly lastSeen: number;
  /** The broker can reach it. */
  readonly isReachable: boolean;
}
