// Latency at half load: messages at a fixed rate, of which the receiver sends some back. What is reported is half
// of the round trip of those, by the sender's clock alone. A message is stamped when it is due, not when it could
// be sent: a sender that falls behind shows it (no coordinated omission).
import { isIntact, mark, numberOf } from '../check.mjs';
import { nowUs } from './arrivals.mjs';
import { percentiles } from './percentiles.mjs';

/** About so many a second are sent back: far too few to be a load of their own. */
const echoesPerSecond = 2000;

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
 * now. First a fifth as many at half of the rate, which warms up; once all of that has come back, what counts.
 */
export function pacedSender(work, tell, { send, makeBody }) {
  const every = echoEvery(work);
  const echoes = Math.max(10, Math.floor((work.rate * work.seconds) / every));
  const warm = Math.ceil(echoes / 5);
  const times = new Float64Array(echoes);
  let phase = phaseOf({ from: 0, echoes: warm, gapUs: 2e6 / work.rate, every });
  let number = 0;
  let echoed = 0;
  const sendDue = () => {
    const due = Math.min(phase.end, phase.from + Math.floor((nowUs() - phase.startedAt) / phase.gapUs) + 1);
    for (; number < due; number++) {
      const body = makeBody(work.bytes);
      mark(body, number);
      if (!send(body)) break;
    }
    if (number < phase.end) setTimeout(sendDue, 1);
  };
  const begin = () => {
    phase.startedAt = nowUs();
    sendDue();
  };
  const returned = (body) => {
    const of = numberOf(body);
    if (of !== echoed * every || !isIntact(body, of, work.bytes)) return;
    if (echoed >= warm)
      times[echoed - warm] = (nowUs() - phase.startedAt - (of - phase.from) * phase.gapUs) / 2;
    echoed++;
    if (echoed === warm) {
      phase = phaseOf({ from: number, echoes, gapUs: 1e6 / work.rate, every });
      begin();
    } else if (echoed === warm + echoes) {
      tell('done', { figures: percentiles(times), verified: echoed, expected: warm + echoes });
    }
  };
  return { begin, echoed: returned };
}

/** Messages from one number up to another, at one rate; it ends right before one that would be sent back. */
function phaseOf({ from, echoes, gapUs, every }) {
  return { from, end: from + echoes * every, gapUs, startedAt: 0 };
}
