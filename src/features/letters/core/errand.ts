/** What a member has said to the broker, while it is carried out or waits for that. */
import type { Failure } from '../../../kernel/errors.ts';
import type { Member } from '../../swarm/core/shared.ts';
import type { LetterMessage } from './wire.ts';

export type FromMember = Extract<
  LetterMessage,
  { type: 'put' | 'open' | 'close' | 'settle' | 'collect' | 'heard' }
>;

export interface Errand<Message extends FromMember = FromMember> {
  readonly from: Member;
  readonly message: Message;
  readonly done: () => void;
  /** An attempt has failed. */
  isAgain: boolean;
  /** It may be in the store already: an attempt has ended in the unknown. */
  mayBeStored: boolean;
}

export interface PutErrand extends Errand<Extract<FromMember, { type: 'put' }>> {
  /** Why it is not put, where it is not. */
  refusal?: Failure | undefined;
}

export function isPut(errand: Errand): errand is PutErrand {
  return errand.message.type === 'put';
}
