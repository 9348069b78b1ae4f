// What every receiver does with what arrives: a handler, called per message with its body, that verifies and
// counts. It reports once, when as many have come as should, or when nothing more has come for a while. The first
// tenth warms up: it is verified like the rest, but the clock begins after it.
// Invariant: `verified` counts each number once, and only whole bodies; a duplicate or a loss is missed in it.
import { isIntact, numberOf } from '../check.mjs';

const stallMs = 10_000;

/** In order: for systems that keep it. The number of a message is the place at which it came. */
export function arrivals({ bytes, count, stallAfterMs }, tell) {
  const clock = stopwatch(tell, { count, stallAfterMs });
  const warm = warmUp(count);
  let next = 0;
  let verified = 0;
  return (body) => {
    if (next === 0) clock.watch(() => ({ next, verified }));
    if (next === warm) clock.start();
    if (isIntact(body, next, bytes)) verified++;
    if (++next === count) clock.stop(verified);
  };
}

/** In any order: for systems that promise none. */
export function arrivalsInAnyOrder({ bytes, count, stallAfterMs }, tell) {
  const clock = stopwatch(tell, { count, stallAfterMs });
  const seen = new Uint8Array(count);
  const warm = warmUp(count);
  let next = 0;
  let verified = 0;
  return (body) => {
    if (next === 0) clock.watch(() => ({ next, verified }));
    if (next === warm) clock.start();
    const number = numberOf(body);
    if (isIntact(body, number, bytes) && seen[number] === 0) {
      seen[number] = 1;
      verified++;
    }
    if (++next === count) clock.stop(verified);
  };
}

/** For a process of several recipients: a handler for each, and one report of all. */
export function arrivalsOfMany(work, tell, recipients, each = arrivals) {
  const reports = [];
  const collect = (_type, report) => {
    if (reports.push(report) < recipients) return;
    const verified = reports.reduce((sum, one) => sum + one.verified, 0);
    const startedAt = Math.min(...reports.map((one) => one.startedAt));
    const endedAt = Math.max(...reports.map((one) => one.endedAt));
    tell('done', { figures: {}, verified, startedAt, endedAt });
  };
  return Array.from({ length: recipients }, () => each(work, collect));
}

/** So many of `count` are not in the figures. */
export function warmUp(count) {
  return Math.floor(count / 10);
}

/** Microseconds of the machine's own clock: processes of one machine can compare theirs. */
export function nowUs() {
  return Number(process.hrtime.bigint()) / 1000;
}

/** Looking now and then costs nothing, and turns a lost message into a count instead of a hang. */
function stopwatch(tell, { count, stallAfterMs = stallMs }) {
  let startedAt = 0;
  let timer;
  const conclude = (verified, figures = {}) => {
    clearInterval(timer);
    const endedAt = nowUs();
    tell('done', { figures, verified, startedAt, endedAt });
  };
  return {
    watch(progress) {
      let last = 0;
      let since = Date.now();
      timer = setInterval(() => {
        const { next, verified } = progress();
        if (next !== last) [last, since] = [next, Date.now()];
        else if (Date.now() - since >= stallAfterMs) conclude(verified);
      }, stallAfterMs / 4);
    },
    start() {
      startedAt = nowUs();
    },
    stop(verified) {
      conclude(verified, { rate: rateSince(startedAt, count) });
    },
  };
}

/** Of what came after the warm-up. */
export function rateSince(startedAt, count) {
  return ((count - warmUp(count)) * 1e6) / (nowUs() - startedAt);
}
