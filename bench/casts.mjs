// Who plays in a piece of work of each shape, in the order in which the processes start, and what must be verified.
// measure.mjs starts them: each gets the addresses of those before it, each but the last says `ready`, and those
// that report say `done`. Invariant: a shape's figures are there only if every part has verified what it should.
import { warmUp } from './roles/arrivals.mjs';

/** From what those that report have said: `figures` of each, joined. */
const joined = (parts) => Object.assign({}, ...parts.map(({ done }) => done?.figures));

const all = (work) => work.count;

const messagesPerSecond = { rate: { label: '', unit: 'messages/s', better: 'more' } };
const requestsPerSecond = { rate: { label: '', unit: 'requests/s', better: 'more' } };
const deliveriesPerSecond = { rate: { label: '', unit: 'deliveries/s', better: 'more' } };
const percentilesUs = {
  p50: { label: 'p50', unit: 'us', better: 'less' },
  p99: { label: 'p99', unit: 'us', better: 'less' },
  p999: { label: 'p99.9', unit: 'us', better: 'less' },
};

const elsewhereMs = {
  p50: { label: 'runs elsewhere, p50', unit: 'ms', better: 'less' },
  longest: { label: 'at the latest', unit: 'ms', better: 'less' },
};

export const casts = {
  'one-way': {
    parts: [{ role: 'receiver', verifies: all }, { role: 'sender' }],
    figures: messagesPerSecond,
    conclude: joined,
  },
  acknowledged: {
    parts: [
      { role: 'receiver', verifies: all },
      { role: 'sender', verifies: all },
    ],
    figures: messagesPerSecond,
    // The sender's: until the last receipt was there.
    conclude: (parts) => parts.at(-1).done.figures,
  },
  'round-trip': {
    parts: [{ role: 'receiver' }, { role: 'sender', verifies: all }],
    figures: percentilesUs,
    conclude: joined,
  },
  'requests-in-turn': {
    parts: [{ role: 'receiver' }, { role: 'sender', verifies: all }],
    figures: percentilesUs,
    conclude: joined,
  },
  requests: {
    parts: [{ role: 'receiver' }, { role: 'sender', verifies: all }],
    figures: requestsPerSecond,
    conclude: joined,
  },
  'fan-out': {
    parts: [
      { role: 'receiver', spread: true, verifies: (work, index) => work.count * perProcess(work, index) },
      { role: 'sender' },
    ],
    figures: deliveriesPerSecond,
    conclude: deliveries,
  },
  broadcast: {
    parts: [
      { role: 'receiver', spread: true, verifies: (work, index) => work.count * perProcess(work, index) },
      { role: 'sender' },
    ],
    figures: deliveriesPerSecond,
    conclude: deliveries,
  },
  relay: {
    parts: [{ role: 'receiver', verifies: all }, { role: 'relay' }, { role: 'sender' }],
    figures: messagesPerSecond,
    conclude: joined,
  },
  'beside-still': {
    parts: [{ role: 'receiver', verifies: all }, { role: 'still' }, { role: 'sender', verifies: all }],
    figures: {
      alone: { label: 'alone', unit: 'messages/s', better: 'more' },
      beside: { label: 'beside it', unit: 'messages/s', better: 'more' },
      kept: { label: 'kept', unit: '%', better: 'more' },
    },
    conclude: joined,
  },
  channel: {
    parts: [{ role: 'receiver', verifies: all }, { role: 'sender' }],
    figures: messagesPerSecond,
    conclude: joined,
  },
  'channel-relay': {
    parts: [{ role: 'receiver', verifies: all }, { role: 'relay' }, { role: 'sender' }],
    figures: messagesPerSecond,
    conclude: joined,
  },
  'channel-still': {
    parts: [
      { role: 'receiver', verifies: () => 1 },
      { role: 'sender', verifies: () => 1 },
    ],
    figures: {
      window: { label: 'waiting for the reader', unit: 'MB', better: 'less' },
      receiver: { label: 'held by its node', unit: 'MB', better: 'less' },
      sender: { label: 'held by the sender', unit: 'MB', better: 'less' },
    },
    conclude: joined,
    nodeFlags: ['--expose-gc'],
  },
  'half-load': {
    parts: [{ role: 'receiver' }, { role: 'sender', verifies: (_work, _index, { expected }) => expected }],
    figures: percentilesUs,
    conclude: joined,
  },
  'cold-start': {
    parts: [{ role: 'receiver' }, { role: 'sender', verifies: () => 1 }],
    figures: {
      opened: { label: 'ready', unit: 'ms', better: 'less' },
      reached: { label: 'first answer', unit: 'ms', better: 'less' },
      memory: { label: 'idle RSS', unit: 'MB', better: 'less' },
    },
    conclude: (parts) => {
      const starter = parts.at(-1);
      const { opened, reached } = starter.toldAfterMs;
      return { opened, reached, ...starter.done.figures };
    },
  },
  letters: {
    parts: [{ role: 'receiver' }, { role: 'sender', verifies: all }],
    figures: {
      rate: { label: '', unit: 'letters/s', better: 'more' },
      turns: { label: "broker's turns, p99", unit: 'ms', better: 'less' },
    },
    conclude: joined,
  },
  'letters-in-turn': {
    parts: [{ role: 'receiver' }, { role: 'sender', verifies: all }],
    figures: {
      p50: { label: 'p50', unit: 'us', better: 'less' },
      p99: { label: 'p99', unit: 'us', better: 'less' },
      sync: { label: 'a sync, p50', unit: 'us', better: 'less' },
      over: { label: 'p50 above a sync', unit: 'us', better: 'less' },
    },
    conclude: joined,
  },
  'letters-waiting': {
    parts: [{ role: 'receiver' }, { role: 'filler' }, { role: 'late', verifies: all }],
    figures: {
      rate: { label: 'handled and settled', unit: 'letters/s', better: 'more' },
      broker: { label: 'more at the broker', unit: 'MB', better: 'less' },
      recipient: { label: 'more at the recipient', unit: 'MB', better: 'less' },
    },
    conclude: joined,
  },
  'letters-many': {
    parts: [
      { role: 'receiver', verifies: () => 1 },
      { role: 'sender', verifies: (work) => 4 * work.count },
    ],
    figures: {
      put: { label: 'a put, to an empty one', unit: 'x', better: 'less' },
      deliver: { label: 'a delivery, to an empty one', unit: 'x', better: 'less' },
      opened: { label: 'opened', unit: 'ms', better: 'less' },
      empty: { label: 'an empty one opened', unit: 'ms', better: 'less' },
    },
    conclude: joined,
  },
  'letters-takeover': {
    parts: [{ role: 'receiver' }, { role: 'filler' }, { role: 'late', verifies: all }],
    figures: { first: { label: 'first delivery', unit: 'ms', better: 'less' } },
    conclude: joined,
  },
  tasks: {
    parts: [{ role: 'receiver' }, { role: 'worker' }, { role: 'sender', verifies: all }],
    figures: {
      rate: { label: '', unit: 'tasks/s', better: 'more' },
      turns: { label: "broker's turns, p99", unit: 'ms', better: 'less' },
      broker: { label: "broker's processor time", unit: 'us/task', better: 'less' },
      worker: { label: "worker's processor time", unit: 'us/task', better: 'less' },
      author: { label: "author's processor time", unit: 'us/task', better: 'less' },
    },
    conclude: joined,
  },
  'tasks-in-turn': {
    parts: [{ role: 'receiver' }, { role: 'worker' }, { role: 'sender', verifies: all }],
    figures: {
      p50: { label: 'p50', unit: 'us', better: 'less' },
      p99: { label: 'p99', unit: 'us', better: 'less' },
      sync: { label: 'a sync, p50', unit: 'us', better: 'less' },
      over: { label: 'p50 above two syncs', unit: 'us', better: 'less' },
    },
    conclude: joined,
  },
  'tasks-cancel': {
    parts: [{ role: 'receiver' }, { role: 'worker' }, { role: 'sender', verifies: all }],
    figures: {
      p50: { label: 'p50', unit: 'ms', better: 'less' },
      p99: { label: 'p99', unit: 'ms', better: 'less' },
    },
    conclude: joined,
  },
  'tasks-killed': {
    parts: [{ role: 'receiver' }, { role: 'sender', verifies: ({ times }) => times }],
    figures: elsewhereMs,
    conclude: joined,
  },
  'tasks-cut': {
    parts: [{ role: 'sender', verifies: ({ times }) => times }],
    figures: elsewhereMs,
    conclude: joined,
  },
  'tasks-matching': {
    parts: [{ role: 'sender', verifies: all }],
    figures: {
      order: { label: 'an order', unit: 'us', better: 'less' },
      turn: { label: 'a turn, p99', unit: 'ms', better: 'less' },
      longest: { label: 'the longest turn', unit: 'ms', better: 'less' },
    },
    conclude: joined,
  },
  heap: {
    parts: [{ role: 'receiver', verifies: all }, { role: 'sender' }],
    figures: {
      before: { label: 'before', unit: 'MB', better: 'less' },
      after: { label: 'after', unit: 'MB', better: 'less' },
    },
    conclude: joined,
    nodeFlags: ['--expose-gc'],
  },
};

/** Recipients in process `index`, where they are spread evenly and the last may have fewer. */
export function perProcess(work, index) {
  const most = Math.ceil(work.recipients / work.processes);
  return Math.min(most, work.recipients - most * index);
}

/** From the first after the warm-up to the last that came anywhere: all processes read the machine's one clock. */
function deliveries(parts, work) {
  const reports = parts.map(({ done }) => done).filter((done) => done !== undefined);
  const startedAt = Math.min(...reports.map((report) => report.startedAt));
  const endedAt = Math.max(...reports.map((report) => report.endedAt));
  return { rate: ((work.count - warmUp(work.count)) * work.recipients * 1e6) / (endedAt - startedAt) };
}
