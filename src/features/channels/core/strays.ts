/**
 * What is answered to frames that fit no channel of this node: one that is over, never was, or is not wanted.
 *
 * Who calls it: the channels behavior. Invariant: an answer is never longer than the frame that it answers, and two
 * nodes never answer each other's answers for ever.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { lifeOf } from '../../../kernel/life.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import type { ChannelPeer, LastWord } from './context-types.ts';
import type { Peer } from './peer.ts';
import { type ChannelCursor, ChannelType, CreditFlag, encodeReason, type ResetReason } from './wire.ts';

/** Asks for a channel that will not be: without a trace here, so that asked again it is refused again. */
export function refuseAtOnce(peer: ChannelPeer, number: number, reason: ResetReason): void {
  peer.say(ChannelType.refused, number, encodeReason(endsOf(peer), reason, ''), false);
}

/** Asks once more for a channel that is over. */
export function repeatRefusal(peer: ChannelPeer, number: number, lastWord: LastWord): void {
  const reset: LastWord = [ChannelType.reset, encodeReason(endsOf(peer), 'unknown', '')];
  const [type, payload] = lastWord[0] === ChannelType.credit ? reset : lastWord;
  peer.say(type, number, payload, false);
}

/** Is of a channel that is over, or never was. @param peer That the node is known as, in whichever life. */
export function answerUnknown(
  agent: BehaviorAgent,
  { type, source, sequence }: Frame,
  cursor: ChannelCursor,
  peer: Peer | undefined,
): void {
  if (type === ChannelType.reset || type === ChannelType.refused) return;
  const isOpener = !cursor.isOpener;
  const known = peer?.life === cursor.life ? peer : undefined;
  const lastWord = known?.lastWord(sequence, isOpener);
  const ends = { life: lifeOf(agent.self.instance), forLife: cursor.life, isOpener };
  const [answer, payload] = lastWord ?? [ChannelType.reset, encodeReason(ends, 'unknown', '')];
  // Two last words must not answer each other for ever.
  if (type === ChannelType.credit && answer === type && (cursor.flags & CreditFlag.answer) === 0) return;
  if (known !== undefined) known.say(answer, sequence, payload, false);
  else agent.send({ to: 'node', node: source }, payload, { type: answer, sequence });
}

/** Of a channel that the other end has asked for. */
function endsOf({ ownLife, life }: ChannelPeer) {
  return { life: ownLife, forLife: life, isOpener: false };
}
