/** What happens in a mesh, for those who watch it: checkers, workloads, pictures. Called by the mesh, in the order of events. */
import type { LogLevel } from '../../kernel/contracts.ts';
import type { NodeId } from '../../kernel/identity.ts';
import type { Host } from './machine/host.ts';
import type { Life, Member } from './member.ts';
import type { StreamEnd } from './network/stream.ts';

/**
 * How a life ended: its program was killed (`crash`), its machine is gone (`vanish`), it said goodbye (`leave`), or the
 * node ended by itself with an error (`ended`).
 */
export type StopManner = 'crash' | 'vanish' | 'leave' | 'ended';

/** What others want to hear of each life, and of what happens to the mesh. */
export interface MeshObserver {
  /** A machine of its own, whose program has not been started yet. */
  added?(member: Member): void;
  /** Its program runs from now on. */
  started?(life: Life): void;
  /** It says goodbye; `stopped` follows. */
  leaving?(life: Life): void;
  /** Its program has ended. */
  stopped?(life: Life, how: StopManner): void;
  /** The node ended by itself with an error; true: that was to be expected. */
  ended?(life: Life, error: { readonly code: string; readonly message: string }): boolean;
  /** Its node has announced another as up. */
  knew?(life: Life, name: string): void;
  /** Its node has announced another as down, for the reason that its event gives. */
  lost?(life: Life, name: string, reason: string): void;
  /** Its node has opened a link to the node of this name. */
  linkUp?(life: Life, name: string): void;
  /** A link of its node has ended, for the reason that its event gives. */
  linkDown?(life: Life, name: string, reason: string): void;
  /** Bytes left the node for a stream. */
  wrote?(life: Life, to: Host, bytes: Uint8Array): void;
  /** Bytes of a stream are about to be handed to the node: a piece of what was written. */
  read?(life: Life, end: StreamEnd, bytes: Uint8Array): void;
  /** Its program's logger was told. */
  logged?(member: Member, level: LogLevel, text: string): void;
  /** A liar has sent a lie, of whatever kind. */
  lied?(life: Life): void;
  /** A liar sends records that do not hold. */
  forged?(life: Life, to: Host): void;
  /** A liar begins to make more versions of this origin's record than anybody takes, and sends them to all. */
  floods?(life: Life, origin: NodeId): void;
  /** A fault has begun. `name` is its kind; `text` names those that it hits. */
  faultBegan?(name: string, text: string): void;
  /** The fault of this text is over. */
  faultEnded?(text: string): void;
  /** A message of the workload has its result: recipients with a receipt, and without. */
  messageSettled?(deliveredCount: number, missingCount: number): void;
}
