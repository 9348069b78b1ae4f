/** The types of presence. Nothing here runs, so that every Node.js runs the rest as it is. */
import type { FeatureShape, MessageStream, StreamOptions } from 'skein';

/** A node's program has set its line; an empty one means none. */
export interface Change {
  readonly node: string;
  readonly line: string;
  /** Unix time in milliseconds, by that node's clock. */
  readonly at: number;
}

/** What `node.use(presence)` returns. */
export interface PresenceApi {
  /** @throws SkeinError SKEIN_INVALID for a line over 160 bytes or with control characters. */
  set(line: string): Promise<Change>;
  /** The lines of all reachable nodes, by name. */
  all(): Promise<Readonly<Record<string, string>>>;
  /** The last 100 changes, oldest first, including those from before this node joined. */
  history(): Promise<readonly Change[]>;
  /** Changes of `all()` from now on; a node that is gone has an empty line. */
  watch(options?: StreamOptions): MessageStream<Change>;
}

export interface PresenceShape extends FeatureShape {
  readonly commands: {
    set(line: string): Change;
    all(): Readonly<Record<string, string>>;
    history(): readonly Change[];
  };
  readonly event: Change;
  readonly api: PresenceApi;
}
