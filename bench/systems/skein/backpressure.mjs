// skein's roles with a recipient that stands still: what a sender gets done with another beside it.
import { markedBody } from '../../check.mjs';
import { nowUs } from '../../roles/arrivals.mjs';
import { oneWay } from './messages.mjs';
import { addressOf, openNode } from './nodes.mjs';

/** Pairs of a stretch alone and one beside the recipient that stands still: the machine's pace changes meanwhile. */
const pairs = 4;
/** The sender of too much tries again this often, so many times. */
const triesEveryMs = 5;
const triesAtOnce = 10;

export const besideStill = {
  receiver: oneWay.receiver,
  /** It takes what it is sent, and is stopped by the sender. It asks for a minute of patience. */
  still: async (work, tell) => {
    const { node, kind } = await openNode(work, 'still', { stallToleranceMs: 60_000 });
    node.handle(() => undefined, { kind });
    tell('ready', { address: { at: await addressOf(node), pid: process.pid } });
  },
  sender: async (work, tell) => {
    const [receiverAt, still] = work.addresses;
    const { node, kind } = await openNode(work, 'sender', { connect: [receiverAt, still.at] });
    await node.ready({ nodes: ['receiver', 'still'], links: 2 });
    const batch = node.batch('receiver', { kind, inFlight: work.inFlight });
    const share = Math.floor(work.count / (2 * pairs + 1));
    let number = 0;
    const stretch = async (until) => {
      const from = number;
      const startedAt = nowUs();
      while (number < until) {
        if (batch.add(markedBody(number, work.bytes))) number++;
        else await batch.room();
      }
      await batch.done();
      return ((number - from) * 1e6) / (nowUs() - startedAt);
    };
    // The first warms up.
    await stretch(share);
    const alone = [];
    const beside = [];
    for (let pair = 1; pair <= pairs; pair++) {
      alone.push(await stretch(2 * pair * share));
      process.kill(still.pid, 'SIGSTOP');
      const flood = floodUntilEnded(node, kind, work.bytes);
      await flood.full;
      beside.push(await stretch(pair === pairs ? work.count : (2 * pair + 1) * share));
      process.kill(still.pid, 'SIGCONT');
      await flood.end();
    }
    const figures = { alone: median(alone), beside: median(beside) };
    figures.kept = (100 * figures.beside) / figures.alone;
    tell('done', { figures, verified: (await batch.done()).delivered });
  },
};

/** Sends without waiting for anything, until told that it is too much; and goes on trying all the same. */
function floodUntilEnded(node, kind, bytes) {
  const underWay = new Set();
  let refused = 0;
  let full;
  const isFull = new Promise((resolve) => {
    full = resolve;
  });
  const send = () => {
    const sent = node
      .send('still', markedBody(0, bytes), { kind })
      .catch((error) => {
        if (error.code !== 'SKEIN_BUSY' && error.details?.missing?.[0]?.reason !== 'busy') throw error;
        refused++;
        full();
      })
      .finally(() => underWay.delete(sent));
    underWay.add(sent);
  };
  const timer = setInterval(() => {
    const times = refused === 0 ? 10_000 : triesAtOnce;
    for (let i = 0; i < times; i++) send();
  }, triesEveryMs);
  return {
    full: isFull,
    end: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
