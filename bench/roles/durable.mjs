// What every sender of durable messages or tasks does: a number of them under way, or one at a time against the time of a
// sync. Invariant: a message counts once, and only when the system has said that it has it; a task only by its result.
import { isIntact, markedBody } from '../check.mjs';
import { nowUs, warmUp } from './arrivals.mjs';
import { syncTimes } from './disk.mjs';
import { promisesInFlight } from './in-flight.mjs';
import { percentiles } from './percentiles.mjs';

/** `store(body, number)` resolves with the id that the system gave, another one for each. */
export async function storeInFlight(work, tell, store) {
  const ids = new Set();
  await promisesInFlight(work, tell, async (body, number) => isNew(ids, await store(body, number)));
}

/** The first tenth warms up. The disk is idle when its syncs are timed, before and after. */
export async function storeInTurn({ bytes, count, shared }, tell, store) {
  const ids = new Set();
  const times = [];
  let verified = 0;
  const before = syncTimes(shared.folder);
  for (let number = 0; number < count; number++) {
    const startedAt = nowUs();
    const id = await store(markedBody(number, bytes), number);
    if (number >= warmUp(count)) times.push(nowUs() - startedAt);
    if (isNew(ids, id)) verified++;
  }
  const sync = (before.p50 + syncTimes(shared.folder).p50) / 2;
  const { p50, p99 } = percentiles(times);
  tell('done', { figures: { p50, p99, sync, over: p50 - sync }, verified });
}

/** `run(body)` resolves with the result of a task that does nothing: the body that it was ordered with. */
export function runInFlight(work, tell, run) {
  return promisesInFlight(work, tell, async (body, number) => isIntact(await run(body), number, work.bytes));
}

/**
 * `run(body)` resolves with the result of a task: when its work began, in us of the machine's clock. Each is ordered once the
 * one before it is over. Two syncs are in between: of the order, and of its claim.
 */
export async function startInTurn({ bytes, count, shared }, tell, run) {
  const times = [];
  let verified = 0;
  const before = syncTimes(shared.folder);
  for (let number = 0; number < count; number++) {
    const orderedAt = nowUs();
    const startedAt = await run(markedBody(number, bytes));
    if (number >= warmUp(count)) times.push(startedAt - orderedAt);
    if (startedAt > orderedAt && startedAt < nowUs()) verified++;
  }
  const sync = (before.p50 + syncTimes(shared.folder).p50) / 2;
  const { p50, p99 } = percentiles(times);
  tell('done', { figures: { p50, p99, sync, over: p50 - 2 * sync }, verified });
}

function isNew(ids, id) {
  if (id === undefined || ids.has(id)) return false;
  ids.add(id);
  return true;
}
