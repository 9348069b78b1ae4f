/**
 * A node of the fleet that orders tasks or works on them, or a program that orders by a node of another process. `node
 * member.mjs WORK`.
 *
 * It is killed at any moment, and goes on where its diary ends. An author writes `ordering KEY` before a task is first
 * ordered, `stored KEY ID` once that has resolved, `failed KEY CODE` when it has not (it is repeated then, with the same
 * key), `cancelled KEY OUTCOME` and `result KEY FENCE`. A worker writes `begun KEY ID FENCE ATTEMPT MS` as its handler is
 * called, `said`, `signal` (`lease` where its lease was over) and `ended KEY FENCE done|threw MS` before it returns. `started PID MS WALL` begins an
 * incarnation. Times are of the machine's monotonic clock. Invariant: it judges nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { attach, type Job, type SkeinNode, service, type Task } from '../../../src/index.ts';
import { machineNow, openDiary } from '../diary.ts';
import { memberNode, say } from '../member-node.ts';
import {
  baitKey,
  concurrency,
  type Input,
  inputOf,
  type MemberWork,
  planOf,
  type ToMember,
} from './settings.ts';

interface Output {
  readonly key: string;
  readonly fence: number;
}

const loops = 16;
const orderTimeoutMs = 5000;
const againMs = 100;
const attachAgainMs = 200;
/** Of one author: what is ordered may not outrun what is done by more than the list can show. */
const pauseMsMax = 20;
const open = ['waiting', 'queued', 'offered', 'assigned', 'running', 'cancelling'] as const;

const work = JSON.parse(process.argv[2] as string) as MemberWork;
const { before, note } = openDiary(work.diary, false);
note('started', process.pid, machineNow(), Date.now());
let isFinishing = false;
process.on('message', (message: ToMember) => {
  if (message === 'finish') isFinishing = true;
});
const node: SkeinNode = work.role === 'attached author' ? await attached() : await memberNode(work);
process.on('message', (message: ToMember) => {
  if (message === 'count') void count();
  else if (message === 'list') void list();
  else if (typeof message === 'object' && message.type === 'bait') void bait(message.worker);
});

const services = {
  once: service<Input, Output>('once'),
  often: service<Input, Output>('often', { idempotent: true }),
};
if (work.role === 'worker')
  for (const each of Object.values(services))
    node.tasks.work(each, (job) => carryOut(job), { concurrency, queue: 4 });
else {
  await Promise.all(Array.from({ length: loops }, (_, loop) => order(loop)));
  say({ type: 'finished' });
}

/** Until the node is there; later ones of its name too. */
async function attached(): Promise<SkeinNode> {
  process.on('message', (message) => {
    if (message === 'close') process.exit(0);
  });
  process.on('disconnect', () => process.exit(1));
  for (;;) {
    try {
      return await attach({ node: work.host, reconnect: true });
    } catch {
      await sleep(attachAgainMs);
    }
  }
}

// ── working ───────────────────────────────────────────────────────────────────────────────────────────

async function carryOut({ id, input, fence, attempt, signal, progress }: Job<Input>): Promise<Output> {
  const { key, workMs, throws, heeds } = input;
  note('begun', key, id, fence, attempt, machineNow());
  const stopped = () => note(isLeaseOver(signal) ? 'lease' : 'signal', key, fence, machineNow());
  signal.addEventListener('abort', stopped, { once: true });
  const outcome = (how: 'done' | 'threw') => note('ended', key, fence, how, machineNow());
  try {
    if (workMs > 100) {
      progress(0.5, 'half of it');
      note('said', key, fence, machineNow());
    }
    if (workMs > 0) await sleep(workMs, undefined, heeds ? { signal } : {});
    if (throws && attempt === 1) throw new Error('not at the first attempt');
  } catch (error) {
    outcome('threw');
    throw error;
  }
  outcome('done');
  return { key, fence };
}

/** By why the signal has fired. */
function isLeaseOver({ reason }: AbortSignal): boolean {
  return (reason as Error).message.startsWith('the lease is over');
}

// ── ordering ──────────────────────────────────────────────────────────────────────────────────────────

async function order(loop: number): Promise<void> {
  const prefix = `${work.name}/${loop}/`;
  const keysOf = (what: string) =>
    before.flatMap((line) => (line.startsWith(`${what} ${prefix}`) ? [line.split(' ')[1] as string] : []));
  const [begun, stored] = [keysOf('ordering'), new Set(keysOf('stored'))];
  // Of these the incarnation before did not hear what became of them.
  for (const key of begun) if (!stored.has(key)) await orderUntilStored(key);
  for (let n = begun.length; !isFinishing; n++) {
    note('ordering', prefix + n);
    await orderUntilStored(prefix + n);
    await sleep((n * 7) % pauseMsMax);
  }
}

async function bait(worker: string): Promise<void> {
  const key = baitKey(work.name, worker);
  note('ordering', key);
  await orderUntilStored(key, { node: worker, priority: 1 });
}

/** The same task each time. */
async function orderUntilStored(
  key: string,
  besides: { readonly node?: string; readonly priority?: 1 } = {},
): Promise<void> {
  const { kind, service: name, cancelMs, isAwaited } = planOf(key);
  const options = {
    ...{ idempotencyKey: key, ifInfeasible: 'queue' as const },
    ...(kind === 'asked' ? { attempts: 3 } : {}),
    ...besides,
  };
  for (;;) {
    try {
      const signal = AbortSignal.timeout(orderTimeoutMs);
      const task = await node.tasks.order(services[name], inputOf(key), { ...options, signal });
      note('stored', key, task.id);
      if (isAwaited) void awaitResult(key, task);
      if (cancelMs !== undefined) void sleep(cancelMs).then(() => cancel(key, task));
      return;
    } catch (error) {
      note('failed', key, codeOf(error));
      await sleep(againMs);
    }
  }
}

async function awaitResult(key: string, task: Task<Output>): Promise<void> {
  try {
    const { fence } = await task.result();
    note('result', key, fence);
  } catch (error) {
    note('unresolved', key, codeOf(error));
  }
}

async function cancel(key: string, task: Task<Output>): Promise<void> {
  try {
    note('cancelled', key, await task.cancel());
  } catch (error) {
    note('uncancelled', key, codeOf(error));
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  return typeof code === 'string' ? code : String(message).replaceAll(/\s/g, '_');
}

// ── for the rig ───────────────────────────────────────────────────────────────────────────────────────

let isCounting = false;

/** All of them: of a first page alone it would not be seen that they become fewer. */
async function count(): Promise<void> {
  if (isCounting) return;
  isCounting = true;
  try {
    let openCount = 0;
    for (let after = 0, isMore = true; isMore; ) {
      const page = await node.tasks.list({ states: open, after });
      openCount += page.tasks.length;
      [after, isMore] = [page.place, page.isMore];
    }
    say({ type: 'open', count: openCount });
  } catch {
    // The rig asks again.
  } finally {
    isCounting = false;
  }
}

/** As people list them: by pages, from the broker. */
async function list(): Promise<void> {
  try {
    for (let after = 0, isMore = true; isMore; ) {
      const page = await node.tasks.list({ after });
      for (const { id, state } of page.tasks) note('listed', id, state);
      [after, isMore] = [page.place, page.isMore];
    }
    note('listed-all');
  } catch (error) {
    note('unlisted', codeOf(error));
  }
  say({ type: 'listed' });
}
