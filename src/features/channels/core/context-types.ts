/** What a channel and its parts know of what is around them. */
import type { BehaviorAgent, LinkId } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { PrivatePath } from './private-path.ts';
import type { ChannelEnds } from './wire.ts';

/** A message's type and payload. */
export type LastWord = readonly [number, Uint8Array];

/** What is remembered of a channel that is over. */
export interface OverChannel {
  readonly number: number;
  readonly isOpener: boolean;
  /** For the other end, where it has missed it. */
  readonly lastWord: LastWord;
}

/** The life of another node that a channel leads to. */
export interface ChannelPeer {
  readonly node: NodeId;
  readonly name: string;
  readonly life: number;
  readonly ownLife: number;
  readonly path: Pick<PrivatePath, 'look'>;
  /** The private link that is open. */
  readonly link: LinkId | undefined;
  readonly isDirect: boolean;
  /** False: it could not leave. */
  say(type: number, sequence: number, payload: Uint8Array, wantsReturn: boolean): boolean;
  /** A channel is over. */
  remove(channel: OverChannel): void;
}

export type ChannelCount = 'resent' | 'repeated' | 'holes' | 'beyondWindow' | 'falseCredit';

/** What the parts of one channel share. */
export interface ChannelContext {
  readonly agent: BehaviorAgent;
  readonly peer: ChannelPeer;
  readonly number: number;
  readonly ends: ChannelEnds;
  /** The channel has something to send at the end of the turn. */
  readonly pumpLater: () => void;
  /** It wants to be looked at then, or before. */
  readonly hurry: (at: number) => void;
  readonly count: (what: ChannelCount) => void;
}
