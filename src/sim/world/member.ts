/**
 * A member of a simulated mesh: a machine, and the run of the program on it.
 *
 * Made by the mesh. Invariant: a machine runs one program at a time.
 */
import type { AnyBehavior } from '../../kernel/contracts.ts';
import type { AnyFeature } from '../../kit/feature.ts';
import type { LocalNode } from '../../node/create.ts';
import type { AnyStoreModel } from '../../stores/model.ts';
import type { Host } from './machine/host.ts';
import type { SimPlatform } from './machine/platform.ts';

/** One machine of a mesh and the program on it. */
export interface MemberOptions {
  /** The host's name, and the node's unless `nodeName` says otherwise. */
  readonly name: string;
  /** Name of its node. Default: `name`. Two members of one node name are namesakes. */
  readonly nodeName?: string;
  /** Links that its node tries to keep. Default: that of the mesh. */
  readonly degree?: number;
  /** Addresses that its node dials from the start, `host:port`. */
  readonly seeds?: readonly string[];
  /** Given to every life but the first, as somebody who starts a program again would. */
  readonly restartSeeds?: () => readonly string[];
  /** Default: the mesh's. */
  readonly namespace?: string;
  /** UDP solicitation. Default true. */
  readonly solicit?: boolean;
  /** Its broadcasts reach only members of the same domain. Default 0. */
  readonly broadcastDomain?: number;
  /** Addresses of its formation, `host:port`. */
  readonly formation?: readonly string[];
  /** Where there are none: addresses of one that its node joins once the swarm is used. */
  readonly formationWhenWanted?: readonly string[];
  /** The program's own behaviors, made anew for each life. */
  readonly behaviors?: () => readonly AnyBehavior[];
  /** The program's own features. */
  readonly features?: readonly AnyFeature[];
  /** The envelopes of what its node sends go to the log of the swarm. Default false. */
  readonly logMessages?: boolean;
  /** Whether its node has a durable key, which lies on its machine. Default true. */
  readonly identity?: boolean;
  /** The parts of its store, which lies on its machine's disk. Default: the node has none. */
  readonly store?: readonly AnyStoreModel[];
}

/** One run of a member's program. */
export interface Life {
  /** The machine that it runs on. */
  readonly member: Member;
  /** 1 for the first. */
  readonly number: number;
  /** The node, as a program has it from `createNode`. */
  readonly node: LocalNode;
  /** The simulated sockets, disk and clock of this life. */
  readonly platform: SimPlatform;
  /** Virtual milliseconds at which it started. */
  readonly startedAt: number;
  /** What its own monotonic clock showed then. */
  readonly startedAtLocal: number;
  /** Names the program was told are up, with the time of it. */
  readonly knows: Map<string, number>;
  /** Its program has said goodbye and is about to end. */
  isLeaving: boolean;
}

/** A machine of a mesh, with or without a running program. */
export class Member {
  /** Name of the machine, unique in its mesh. */
  readonly name: string;
  /** Name of its node; that of another member where they are namesakes. */
  readonly nodeName: string;
  /** The machine: its address, its disk, whether it is up. */
  readonly host: Host;
  /** What it was added with. */
  readonly options: MemberOptions;
  /** Addresses of its formation, for lives to come. */
  formation: readonly string[] | undefined;
  /** The program's own behaviors, for lives to come. */
  behaviors: MemberOptions['behaviors'];
  /** The parts of its store, for lives to come. */
  store: MemberOptions['store'];
  /** The run that is under way. Undefined: no program runs. */
  life: Life | undefined;
  /** How many lives it has begun. */
  lives = 0;

  constructor(host: Host, options: MemberOptions) {
    this.name = options.name;
    this.nodeName = options.nodeName ?? options.name;
    this.host = host;
    this.options = options;
    this.formation = options.formation;
    this.behaviors = options.behaviors;
    this.store = options.store;
  }

  /** Its program runs and its event loop turns. */
  get canAct(): boolean {
    return this.life !== undefined && !this.life.platform.isPaused && !this.life.isLeaving;
  }
}

/** It is the life that its member lives. */
export function isRunning(life: Life): boolean {
  return life.member.life === life;
}
