/** Slips in orders, tasks and workers. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const tasks = 'src/features/tasks';
const judged = { workload: 'tasks', areShort: true } as const;

export const tasksMutants: readonly Mutant[] = [
  {
    name: 'fence-stays',
    breaks: 'a claim has the fence of the one before it',
    file: `${tasks}/store/attempts.ts`,
    find: 'if (fence > before.fence) doing.rows.setCounters({ ...before, fence });',
    replace: '',
    ...judged,
  },
  {
    name: 'fence-ignored',
    breaks: 'to a worker all claims of a task are one and the same',
    file: `${tasks}/core/attempt-key.ts`,
    find: 'keyOf({ store, n, fence }: AttemptPlace): string {\n',
    replace: 'keyOf({ store, n, fence }: AttemptPlace): string {\n  fence = 0;\n',
    ...judged,
  },
  {
    name: 'lease-ignored',
    breaks: 'a worker goes on with what it has although its lease is over',
    file: `${tasks}/core/lease.ts`,
    find: "    if (state.type !== 'held') return false;\n",
    replace: "    if (state.type !== 'held' || state.leaseMs > 0) return false;\n",
    ...judged,
  },
  {
    name: 'lease-endless',
    breaks: 'the broker does not end the lease of a worker that is silent',
    file: `${tasks}/core/broker/workers-here.ts`,
    find: 'if (now - worker.renewedAt >= worker.leaseMs) this.leaseOver(worker);',
    replace: 'if (now - worker.renewedAt < 0) this.leaseOver(worker);',
    ...judged,
  },
  {
    name: 'renewal-ignored',
    breaks: 'the broker answers renewals of a lease, and counts it from the first one',
    file: `${tasks}/core/broker/workers-here.ts`,
    find: '    worker.renewedAt = this.ports.desk.now();\n',
    replace: '',
    ...judged,
  },
  {
    name: 'cancel-answered-early',
    breaks: 'that a task which nobody has is cancelled is answered before it is in the store',
    file: `${tasks}/core/broker/inquiries.ts`,
    find: "    desk.ask('cancel', { id, now, trace: [from.name, via], reason }, (completion) => {\n",
    replace: `    if (tasks.byId(id)?.fence === 0) {
      reply.answer(JSON.stringify({ outcome: 'never-started', state: 'cancelled' }));
      return desk.ask('cancel', { id, now, trace: [from.name, via], reason }, (completion) => {
        if (completion.ok) endings.cancelled(completion.value as Cancelled, reason);
      });
    }
    desk.ask('cancel', { id, now, trace: [from.name, via], reason }, (completion) => {
`,
    ...judged,
  },
  {
    name: 'opening-ignored',
    breaks: 'a worker begins what it was assigned before it last said what it has in hand',
    file: `${tasks}/core/workbench.ts`,
    find: 'if (message.opening !== this.opening.number) {',
    replace: 'if (message.opening < 0) {',
    ...judged,
  },
  {
    name: 'in-hand-given-back',
    breaks: 'a broker that has read the store again gives tasks that their workers have in hand to others',
    file: `${tasks}/core/broker/workers-here.ts`,
    find: '.filter(({ fence }) => !worker.handed.has(fence));',
    replace: '.filter(() => true);',
    ...judged,
  },
  {
    name: 'after-unchecked',
    breaks: 'a task is queued although one that it waits for has not ended',
    file: `${tasks}/store/ordering.ts`,
    find: 'const isWaiting = task.notBefore > time || before.length > 0;',
    replace: 'const isWaiting = task.notBefore > time;',
    ...judged,
  },
  {
    name: 'attempts-uncounted',
    breaks: 'each attempt counts as the first one',
    file: `${tasks}/store/attempts.ts`,
    find: 'attempt: row.attempt + 1 },',
    replace: 'attempt: 1 },',
    ...judged,
  },
  {
    name: 'done-and-cancelled',
    breaks: 'a task that has ended can be cancelled',
    file: `${tasks}/store/operations.ts`,
    find: "  if (isFinal(row.state)) return { type: 'too-late', state: row.state };\n",
    replace:
      "  if (isFinal(row.state) && row.state !== 'done') return { type: 'too-late', state: row.state };\n",
    ...judged,
  },
  {
    name: 'progress-after-end',
    breaks: 'progress of an attempt that is over is passed on as that of its task',
    file: `${tasks}/core/broker/open-tasks.ts`,
    find: 'if (before?.fence !== head.fence || !isClaimed(head)) this.setProgress(head, undefined);',
    replace: '',
    ...judged,
  },
  {
    name: 'blocked-for-good',
    breaks: 'a task that waits for another one is not queued when that one is done',
    file: `${tasks}/store/endings.ts`,
    find: "if (blockers === 0 && waiter.state === 'waiting') affected.add(place);",
    replace: "if (blockers < 0 && waiter.state === 'waiting') affected.add(place);",
    ...judged,
  },
  {
    name: 'result-given-up',
    breaks: 'a result that one broker has not settled is not handed in to the next one',
    file: `${tasks}/core/handing-in.ts`,
    find: 'for (const handed of this.all.values()) this.unsent.add(handed);',
    replace: '',
    ...judged,
  },
  {
    name: 'priorities-alike',
    breaks: 'every task is put to the end of the queue, whatever its priority',
    file: `${tasks}/core/matching/ranks.ts`,
    find: 'const index = priority === 1 ? 0 : priority === 2 ? Math.ceil(this.count / 2) : this.count;',
    replace: 'const index = priority === 1 ? this.count : this.count;',
    ...judged,
  },
  {
    name: 'passed-without-limit',
    breaks: 'smaller tasks pass a large one for as long as there are any',
    file: `${tasks}/core/matching/search.ts`,
    find: 'if (shape.passed >= taskLimits.taskPassedMax &&',
    replace: 'if (shape.passed >= 100 * taskLimits.taskPassedMax &&',
    ...judged,
  },
  {
    name: 'drained-and-taking-on',
    breaks: 'a worker that is asked to finish what it has goes on taking tasks',
    file: `${tasks}/core/tasks.ts`,
    find: "return this.workbench.drain(message.how === 'now' ? taskLimits.taskDrainGraceMs : undefined);",
    replace: "return message.how === 'now' ? this.workbench.drain(taskLimits.taskDrainGraceMs) : undefined;",
    ...judged,
  },
  {
    name: 'key-ignored',
    breaks: 'an order that is repeated under its idempotency key is another task',
    file: `${tasks}/store/ordering.ts`,
    find: "const n = this.rows.placeOf(id) || (key === '' ? 0 : this.rows.placeOfKey(this.author, key));",
    replace: 'const n = this.rows.placeOf(id);',
    ...judged,
  },
  {
    name: 'letters-of-done-alone',
    breaks: 'a task that was ordered with a letter as reply sends one only where it is done',
    file: `${tasks}/store/endings.ts`,
    find: "...(row.letter === 'wanted' ? { letter: 'owed' } : {}),",
    replace: "...(row.letter === 'wanted' && isDone ? { letter: 'owed' } : {}),",
    ...judged,
  },
  {
    name: 'end-unsaid',
    breaks: 'who follows a task does not hear of an end whose commit has ended in the unknown',
    file: `${tasks}/core/broker/office.ts`,
    find: 'this.news.sayAll();',
    replace: '',
    ...judged,
  },
];
