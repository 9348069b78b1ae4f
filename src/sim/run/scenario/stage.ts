/**
 * What a scenario is played on: programs on machines, and a network that can be disturbed.
 *
 * Who calls it: the director. The simulated stage is in this folder; one of real processes is with the
 * tests. Invariant: a stage does what it is told and says what it sees; it knows no step and judges nothing.
 */
import type { LieKind } from '../../world/faults/lies.ts';

/** What became of a message, as its sender was told. */
export interface SendOutcome {
  /** `delivered`, or the code of the error. */
  readonly outcome: string;
  /** Node names without a receipt, sorted. */
  readonly missing: readonly string[];
  readonly deliveredCount: number;
}

/** A program as it is seen from outside. */
export interface ProgramView {
  /** The member's name; a twin's differs from its node's. */
  readonly name: string;
  readonly nodeName: string;
  /** `off`: not started yet, ended, or killed. */
  readonly state: 'running' | 'paused' | 'off';
  /** Why it ended by itself. */
  readonly ended: string | undefined;
  /** Nodes it holds reachable. */
  readonly knows: ReadonlySet<string>;
  /** Its neighbors. */
  readonly links: ReadonlySet<string>;
  /** How often it, in any of its lives, was told that a node is down. */
  readonly downs: ReadonlyMap<string, number>;
  /** How often it, in any of its lives, got each message. */
  readonly received: ReadonlyMap<string, number>;
}

export type Observation = ReadonlyMap<string, ProgramView>;

/** Whether nothing passes from the one machine to the other. */
export type Blocks = (from: string, to: string) => boolean;

export interface Stage {
  /** Milliseconds since the beginning. */
  readonly now: number;
  /** Waits are this many times longer than the scenario says: processes share two cores, virtual nodes share none. */
  readonly patience: number;
  /** An expectation is looked at this often. */
  readonly lookEveryMs: number;
  /** Resolves once the program listens, or has ended by itself. */
  start(name: string): Promise<void>;
  /** Says goodbye and ends. */
  stop(name: string): Promise<void>;
  /** SIGKILL. */
  crash(name: string): Promise<void>;
  /** The machine is gone with its program: nobody is told. */
  vanish(name: string): Promise<void>;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  setPaths(blocks: Blocks): Promise<void>;
  setLoss(share: number): Promise<void>;
  /** What this member says of itself and others is untrue, until the returned function is called. Only in simulations. */
  lie?(name: string, kinds: readonly LieKind[]): () => void;
  /** Never rejects. @param to Node names; undefined for a broadcast. */
  send(
    from: string,
    to: readonly string[] | undefined,
    label: string,
    timeoutMs: number,
  ): Promise<SendOutcome>;
  /** `ok` or the code of the error. */
  dial(from: string, to: string): Promise<string>;
  hangup(from: string, to: string): Promise<string>;
  observe(): Promise<Observation>;
  /** Lets time pass, at most until then. */
  pass(until: number): Promise<void>;
}
