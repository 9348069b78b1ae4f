// Many at once: `inFlight` messages or requests under way, a new one for each that has been answered. The first
// tenth warms up and is not in the figures. Invariant: never more than `inFlight` are unanswered; each answer is counted once.
import { isIntact, markedBody } from '../check.mjs';
import { nowUs, rateSince, warmUp } from './arrivals.mjs';

/**
 * A promise for each: `send(body, number)` resolves with whether that one is answered as it should be. The body
 * is the callee's until then.
 */
export async function promisesInFlight({ bytes, count, inFlight }, tell, send) {
  const warm = warmUp(count);
  let startedAt = 0;
  let begun = 0;
  let ended = 0;
  let verified = 0;
  const lane = async () => {
    while (begun < count) {
      const number = begun++;
      if (await send(markedBody(number, bytes), number)) verified++;
      if (ended++ === warm) startedAt = nowUs();
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
  tell('done', { figures: { rate: rateSince(startedAt, count) }, verified });
}

/** Requests, whose answer is the body that was sent. */
export function requestsInFlight(work, tell, ask) {
  return promisesInFlight(work, tell, async (body, number) => isIntact(await ask(body), number, work.bytes));
}

/** No promise for each: `send(body)` sends, and whoever gets an acknowledgment calls what this returns. */
export function countInFlight({ bytes, count, inFlight }, tell, send) {
  let sent = 0;
  const warm = warmUp(count);
  let answered = 0;
  let startedAt = 0;
  const refill = () => {
    while (sent < count && sent - answered < inFlight) send(markedBody(sent++, bytes));
  };
  return {
    begin: refill,
    acknowledged: () => {
      if (answered === warm) startedAt = nowUs();
      if (++answered === count)
        tell('done', { figures: { rate: rateSince(startedAt, count) }, verified: answered });
      // A write for each would be what is measured: a batch leaves when a tenth is free.
      else if (sent - answered <= inFlight * 0.9) refill();
    },
  };
}
