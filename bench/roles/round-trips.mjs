// What every asker of round trips does: one message at a time, the next when the answer is there. The first
// tenth warms up and is not in the figures, but verified like the rest.
import { isIntact, makeBody, mark } from '../check.mjs';
import { nowUs, warmUp } from './arrivals.mjs';
import { percentiles } from './percentiles.mjs';

/** `send(body)` sends; whoever gets the echo calls what this returns, after `begin()`. */
export function pingPong({ bytes, count }, tell, send) {
  const body = makeBody(bytes);
  const times = new Float64Array(count);
  let number = 0;
  let verified = 0;
  let sentAt = 0;
  const begin = () => {
    mark(body, number);
    sentAt = nowUs();
    send(body);
  };
  const echoed = (answer) => {
    times[number] = nowUs() - sentAt;
    if (isIntact(answer, number, bytes)) verified++;
    if (++number === count) tell('done', { figures: percentiles(warm(times)), verified });
    else begin();
  };
  return { begin, echoed };
}

/** For systems whose requests are promises: `ask(body, number)` resolves with the echo. */
export async function askInTurn({ bytes, count }, tell, ask) {
  const body = makeBody(bytes);
  const times = new Float64Array(count);
  let verified = 0;
  for (let number = 0; number < count; number++) {
    mark(body, number);
    const sentAt = nowUs();
    const answer = await ask(body);
    times[number] = nowUs() - sentAt;
    if (isIntact(answer, number, bytes)) verified++;
  }
  tell('done', { figures: percentiles(warm(times)), verified });
}

function warm(times) {
  return times.subarray(warmUp(times.length));
}
