/** Slips in messaging: who has got what, and who is told so. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const folder = 'src/features/messaging/core';

export const messagingMutants: readonly Mutant[] = [
  {
    name: 'no-dedup',
    breaks: 'a message that was taken before is taken again',
    file: 'src/kernel/parts/dedup.ts',
    find: "return memory.seen.has(sequence) ? 'seen' : 'fresh';",
    replace: "return 'fresh';",
  },
  {
    name: 'no-floor',
    breaks: 'what lies below the floor, and was forgotten for it, counts as fresh',
    file: 'src/kernel/parts/dedup.ts',
    find: "    if (sequence < memory.floor) return 'stale';\n",
    replace: '',
  },
  {
    name: 'dedup-window-short',
    breaks: 'duplicates of an idle source are remembered for half a second instead of two minutes',
    file: 'src/kernel/parts/dedup.ts',
    find: 'now - memory.usedAt < limits.dedupIdleMs',
    replace: 'now - memory.usedAt < limits.dedupIdleMs / 240',
  },
  {
    name: 'dedup-across-lives',
    breaks: 'a restarted source shares the memory of duplicates with its life before',
    file: 'src/kernel/parts/dedup.ts',
    find: 'lives.find((entry) => entry.life === life)',
    replace: 'lives[0]',
  },
  {
    name: 'early-receipt',
    breaks:
      'the receipt of a single message leaves while the message waits for a second to be handed over with',
    file: `${folder}/receiver.ts`,
    find: 'if (this.arrivals.length > 0) {',
    replace: 'if (this.arrivals.length > 1) {',
  },
  {
    name: 'early-receipt-of-parts',
    breaks: 'the first part of a split body is acknowledged as if it were the whole',
    file: `${folder}/receiver.ts`,
    find: "if (joined.state === 'held') return;",
    replace: "if (joined.state === 'held') return this.gather(origin, part.whole, ReceiptStatus.accepted);",
  },
  {
    name: 'busy-acknowledged',
    breaks: 'the receipt is made before the application has room for the message',
    file: `${folder}/receiver.ts`,
    find: 'taken ? ReceiptStatus.accepted : ReceiptStatus.busy',
    replace: 'ReceiptStatus.accepted',
  },
  {
    name: 'parts-at-wrong-place',
    breaks: 'the last, shorter part of a split body is joined at a multiple of its own length',
    file: `${folder}/joiner.ts`,
    find: 'joining.body.set(bytes, part.index * messagingLimits.partBytes);',
    replace: 'joining.body.set(bytes, part.index * bytes.length);',
  },
  {
    name: 'complete-too-early',
    breaks: 'a split body counts as complete when one of its parts is still missing',
    file: `${folder}/joiner.ts`,
    find: 'return joining.missing > 0 ? held',
    replace: 'return joining.missing > 1 ? held',
  },
  {
    name: 'receipts-counted-twice',
    breaks: 'a recipient that answers twice is counted twice',
    file: `${folder}/outbound.ts`,
    find: 'if (!message.waiting.delete(node)) return;\n    message.delivered = withOne(message.delivered, node);',
    replace: 'message.waiting.delete(node);\n    message.delivered = withOne(message.delivered, node);',
  },
  {
    name: 'one-answers-for-all',
    breaks: 'the receipt of one recipient settles the message for the others',
    file: `${folder}/outbound.ts`,
    find: 'message.delivered = withOne(message.delivered, node);',
    replace:
      'message.delivered = [...message.delivered, node, ...message.waiting.nodes()];\n    for (const other of message.waiting.nodes()) message.waiting.delete(other);',
  },
  {
    name: 'missing-never-told',
    breaks: 'a send whose last open recipient turns out to be missing is never answered',
    file: `${folder}/outbound.ts`,
    find: 'message.missing = withOne(message.missing, { node, reason });\n    this.settle(message, node);',
    replace: 'message.missing = withOne(message.missing, { node, reason });',
  },
  {
    name: 'no-repeat',
    breaks: 'a message without a receipt is never sent again, neither by the same route nor by another',
    file: `${folder}/repeats.ts`,
    find: 'if (large === undefined) copies.transmit(message, nodes);',
    replace: 'if (large === undefined) return;',
  },
  {
    name: 'seen-not-acknowledged',
    breaks: 'a repeat of a message that was taken is not acknowledged again',
    file: `${folder}/receiver.ts`,
    find: "if (freshness === 'seen') this.again(frame, part);",
    replace: "if (freshness === 'seen' && part !== undefined) this.again(frame, part);",
  },
  {
    name: 'late-is-seen',
    breaks: 'a message that a later one has overtaken counts as taken before',
    file: 'src/kernel/parts/dedup.ts',
    find: "return memory.seen.has(sequence) ? 'seen' : 'fresh';",
    replace: "return sequence <= Math.max(0, ...memory.seen) ? 'seen' : 'fresh';",
  },
];
