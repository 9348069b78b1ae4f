/** The one type argument of the channels feature. */
import type { NodeId } from '../../kernel/identity.ts';
import type { Channel, ChannelsApi, PairRequest } from './api.ts';
import type { ChannelsShape } from './core/channel-types.ts';

/** Finds who is meant by a name that no node of this mesh has: a node of it all the same, or a channel at once. */
export type Finder = (name: string, signal: AbortSignal | undefined) => Promise<NodeId | Channel>;

/** What features that need channels may use. */
interface ChannelsShared {
  /** Is asked for names that the mesh does not know; one at most. */
  findBy(finder: Finder): void;
  /** A request of a program that is no node. False: no program here accepts it. */
  take(request: PairRequest): boolean;
}

export interface ChannelsFeatureShape extends ChannelsShape {
  readonly api: ChannelsApi;
  readonly settings: object;
  readonly nodeEvents: object;
  readonly shared: ChannelsShared;
}
