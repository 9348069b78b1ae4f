/**
 * The part of a platform that meets programs which speak nanomsg, once the formation's broker has named them.
 *
 * Implemented by the nanomsg door (`doors/nanomsg/meetings.ts`); a world without such programs has none.
 */
import type { Channel } from '../../channels/api.ts';

/** Its name among the platform's parts. */
export const meetingsPart = 'nanomsg-meetings';

export interface Meetings {
  /** At this node's own port. @throws SkeinError SKEIN_BUSY, SKEIN_TIMEOUT, SKEIN_ABORTED. */
  expect(node: string, signal: AbortSignal): Promise<Channel>;
  /** At its address; the channel ends with SKEIN_TIMEOUT if nobody comes. @throws SkeinError SKEIN_ADDRESS, SKEIN_PROTECTED. */
  visit(node: string, address: string): Channel;
}
