// Latency at half load: messages at a fixed rate, of which the receiver sends some back. What is reported is half
// of the round trip of those, by the sender's clock alone. A message is stamped when it is due, not when it could
// be sent: a sender that falls behind shows it (no coordinated omission).
import { isIntact, mark, numberOf } from '../check.mjs';
import { nowUs } from './arrivals.mjs';
import { percentiles } from './percentiles.mjs';

/** About so many a second are sent back: far too few to be a load of their own. */
const echoesPerSecond = 2000;

/** The first fifth, in which code is compiled and buffers grow, is verified but not in the figures. */
function warm(times) {
  return times.subarray(Math.floor(times.length / 5));
}

/** Every so-manieth message is sent back. */
function echoEvery({ rate }) {
  return Math.max(1, Math.round(rate / echoesPerSecond));
}

/** What the receiver does: verifies all, sends some back by `echo(body)`. `tell` is left to the sender. */
export function pacedReceiver(work, echo) {
  const every = echoEvery(work);
  let next = 0;
  let damaged = 0;
  return (body) => {
    if (!isIntact(body, next, work.bytes)) damaged++;
    // Nothing is sent back once something was damaged: the sender misses it, and the run fails.
    if (next % every === 0 && damaged === 0) echo(body);
    next++;
  };
}

/**
 * What the sender does: `send(body)` says whether it took it, `makeBody(bytes)` gives a body that may be marked
 * now. It ends when all are sent and the last echo has come; the last message is always one that is sent back.
 */
export function pacedSender(work, tell, { send, makeBody }) {
  const every = echoEvery(work);
  const echoes = Math.max(2, Math.floor((work.rate * work.seconds) / every));
  const count = (echoes - 1) * every + 1;
  const gapUs = 1e6 / work.rate;
  const times = new Float64Array(echoes);
  let startedAt = 0;
  let number = 0;
  let echoed = 0;
  const sendDue = () => {
    const due = Math.min(count, Math.floor((nowUs() - startedAt) / gapUs) + 1);
    for (; number < due; number++) {
      const body = makeBody(work.bytes);
      mark(body, number);
      if (!send(body)) break;
    }
    if (number < count) setTimeout(sendDue, 1);
  };
  return {
    begin: () => {
      startedAt = nowUs();
      sendDue();
    },
    echoed: (body) => {
      const of = numberOf(body);
      if (of !== echoed * every || !isIntact(body, of, work.bytes)) return;
      times[echoed] = (nowUs() - startedAt - of * gapUs) / 2;
      if (++echoed === echoes) tell('done', { figures: percentiles(warm(times)), verified: echoed, expected: echoes });
    },
  };
}
