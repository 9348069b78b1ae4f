/**
 * What a feature adds to the command line: its commands, and lines of `skein status`.
 *
 * Each feature's is `features/NAME/cli.ts`; `features/cli.ts` lists them. Invariant: a command is loaded when it is
 * asked for, and not before.
 */
import type { Command } from 'commander';
import type { NodeStatus } from '../../node/node.ts';
import type { ControlClient } from '../../remote/client.ts';

/** By the first word of the command line. */
export type CommandLoaders = Readonly<Record<string, () => Promise<{ build(): Command | Promise<Command> }>>>;

export interface FeatureCli {
  readonly commands: CommandLoaders;
  /** Commands below `skein node`. */
  readonly nodeCommands?: readonly (() => Promise<{ build(): Command }>)[];
  /** Commands below `skein store`. */
  readonly storeCommands?: readonly (() => Promise<{ build(): Command }>)[];
  /** Command lines of other programs that it stands in for, by the word after `skein compat`. */
  readonly compat?: CommandLoaders;
  /** What it has to say in `skein status`, from its part of the status: names and values. */
  statusLines?(features: NodeStatus['features']): readonly (readonly [string, string])[];
  /** What it knows of nodes besides: words that are true of each or not, by name, for `skein node ls` and `node show`. */
  nodeStates?(client: ControlClient): Promise<NodeStates>;
  /** Of these words, those that `skein node set WORD yes|no` changes for this node. */
  readonly nodeSwitches?: NodeSwitches;
  /** What it remembers of nodes that were ever here, for `skein node ls --all`. Undefined: this node is not to be asked. */
  nodesSeen?(client: ControlClient): Promise<readonly SeenNode[] | undefined>;
}

/** By the name of a node. */
export type NodeStates = ReadonlyMap<string, NodeWords>;
export type NodeWords = Readonly<Record<string, boolean>>;

export interface NodeSwitches {
  readonly words: readonly string[];
  /** @returns All of its words, as they are now. */
  set(client: ControlClient, word: string, value: boolean): Promise<NodeWords>;
}

/** A node that was here once; it may be here now. */
export interface SeenNode {
  readonly name: string;
  /** Unix milliseconds. */
  readonly firstSeen: number;
  /** Unix milliseconds. */
  readonly lastSeen: number;
  readonly services: readonly string[];
  readonly addresses: readonly string[];
  /** The durable identity that its name belongs to; empty: none is known. */
  readonly identity: string;
}

/** For a feature that has no commands. */
export const withoutCommands: FeatureCli = { commands: {} };
