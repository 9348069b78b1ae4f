/** Slips in channels: what is sent again, what is taken, how a channel ends. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const folder = 'src/features/channels/core';

export const channelMutants: readonly Mutant[] = [
  {
    name: 'hole-taken',
    breaks: 'what comes after a hole is taken as if nothing were missing',
    file: `${folder}/receive-half.ts`,
    find: "    if (offset > this.received) return 'hole';\n",
    replace: '',
  },
  {
    name: 'piece-taken-twice',
    breaks: 'a piece that came before is taken again',
    file: `${folder}/receive-half.ts`,
    find: "    if (end <= this.received) return 'repeated';\n",
    replace: '',
  },
  {
    name: 'bytes-sent-once',
    breaks: 'bytes that nobody acknowledges are not sent again',
    file: `${folder}/outgoing.ts`,
    find: '    this.resendMs = Math.min(this.resendMs * 2, channelLimits.channelResendMsMax);\n    this.goBack();',
    replace: '    this.resendMs = Math.min(this.resendMs * 2, channelLimits.channelResendMsMax);',
  },
  {
    name: 'end-sent-once',
    breaks: 'an end that is lost is not sent again',
    file: `${folder}/send-half.ts`,
    find: '    if (!this.isEndAcknowledged) this.isEndSent = false;\n',
    replace: '',
  },
  {
    name: 'window-ignored',
    breaks: 'more is sent than the other end takes',
    file: `${folder}/send-half.ts`,
    find: 'if (end === this.sentUpTo || end > this.limit) return undefined;',
    replace: 'if (end === this.sentUpTo) return undefined;',
  },
  {
    name: 'place-never-free',
    breaks: 'what was acknowledged goes on counting against what a sender may keep',
    file: `${folder}/send-half.ts`,
    find: '      this.held -= costOf(frame);\n',
    replace: '',
  },
  {
    name: 'drain-untold',
    breaks: 'a program that waits to write is not told that there is room again',
    file: `${folder}/channel.ts`,
    find: 'if ((this.wantsRoom && sender.hasRoom) || sender.isEndAcknowledged) this.ports.changed(this);',
    replace: 'if (sender.isEndAcknowledged) this.ports.changed(this);',
  },
  {
    name: 'half-end-is-all',
    breaks: 'a channel is over once the other end has all, though that is still writing',
    file: `${folder}/channel.ts`,
    find: 'if (this.isOpen && this.receiver.isEnded && this.sender?.isEndAcknowledged === true)',
    replace: 'if (this.isOpen && this.sender?.isEndAcknowledged === true)',
  },
  {
    name: 'late-request-opens',
    breaks: 'a copy of a request that comes after the end of its channel opens another',
    file: `${folder}/channels.ts`,
    find: '    if (lastWord !== undefined) return repeatRefusal(peer, number, lastWord);\n',
    replace: '',
  },
  {
    name: 'no-route-no-grace',
    breaks: 'a node that is out of reach for a moment loses its channels at once',
    file: `${folder}/peer.ts`,
    find: 'this.unreachableSince + limits.routeGraceMs;',
    replace: 'this.unreachableSince;',
  },
];
