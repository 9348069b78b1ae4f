/** What channels and the program say to each other. */
import type { Shape } from '../../../kernel/contracts.ts';
import type { Channel } from './channel.ts';

export interface OpenOptions {
  readonly protocol: string;
  /** So many bytes of the other end may wait here for the program. */
  readonly windowBytes: number;
  readonly timeoutMs: number;
}

export type ChannelEvent =
  /** Others ask for these: each ends in one `Channels.accept` or `Channels.refuse`. */
  | { readonly type: 'requested'; readonly channels: readonly Channel[] }
  /** Something about these is new: open or over, bytes to take, room to write, an end. */
  | { readonly type: 'changed'; readonly channels: readonly Channel[] };

export interface ChannelsShape extends Shape {
  readonly event: ChannelEvent;
}
