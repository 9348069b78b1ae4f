/** Slips in calls: who carries a request out, how often, and what its asker is told. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const folder = 'src/features/calls/core';

export const callsMutants: readonly Mutant[] = [
  {
    name: 'carried-out-forgotten',
    breaks: 'a node that has carried a request out and forgotten it says that it never came',
    file: `${folder}/responder.ts`,
    find: "else if (caller?.fateOf(sequence) === 'begun')",
    replace: 'else if (caller === undefined)',
  },
  {
    name: 'restart-unseen',
    breaks: 'an asker does not notice that the life it has asked is over',
    file: `${folder}/peers.ts`,
    find: 'const restarted = this.instance !== undefined && instance !== undefined && instance !== this.instance;',
    replace: 'const restarted = false;',
  },
  {
    name: 'lost-asked-elsewhere',
    breaks: 'a request that may have been carried out goes to another node',
    file: `${folder}/asker.ts`,
    find: '    if (!call.request.idempotent) return this.fail(call, failures.wasLost(call.request, this.nameOf(call)));\n',
    replace: '',
  },
  {
    name: 'no-call-deadline',
    breaks: 'a call that nobody answers does not end at its deadline',
    file: `${folder}/asker.ts`,
    find: '    if (now >= call.deadline) return this.timedOut(call);\n',
    replace: '',
  },
  {
    name: 'deadline-stays-behind',
    breaks: 'a node goes on with what is past its deadline where no cancellation comes through',
    file: `${folder}/responder.ts`,
    find: 'if (now >= work.deadline) this.leave(work);',
    replace: 'if (now >= work.deadline + 1e9) this.leave(work);',
  },
  {
    name: 'late-request-begun',
    breaks: 'a request that was said not to have come is carried out when it comes after all',
    file: `${folder}/responder.ts`,
    find: '      caller?.isOver(sequence, false);\n      this.replies.sayUnknown',
    replace: '      this.replies.sayUnknown',
  },
  {
    name: 'busy-and-begun',
    breaks: 'a request is begun and its asker told that the node is busy',
    file: `${folder}/responder.ts`,
    find: '    if (isFull) return this.turnAway(caller, number, ReplyStatus.busy);',
    replace: '    if (isFull) this.refuse(caller.source, number, ReplyStatus.busy);',
  },
];
