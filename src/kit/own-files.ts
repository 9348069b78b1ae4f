/**
 * Small files of a node's own, which outlive its process: what a platform that has a disk offers to features.
 *
 * Asked for with `NodePorts.platformPart(ownFilesPart)`. Invariant: what has resolved is on the disk for good.
 */

/** The name of this part of the platform. */
export const ownFilesPart = 'own-files';

/** The folder of one node's own files. */
export interface OwnFiles {
  /** @param node Name of the node. @param name What the file is for. The file need not be there. */
  open(node: string, name: string): OwnFile;
}

/** A file of text that grows. Its calls must not overlap. Each rejects with what the system says. */
export interface OwnFile {
  /** All of it; empty where there is none. */
  read(): Promise<string>;
  /** Adds to its end. After a failure what it holds is unknown: replace it. */
  append(text: string): Promise<void>;
  /** It holds this instead, or, where that fails, what it held. */
  replace(text: string): Promise<void>;
  close(): Promise<void>;
}
