// The work: a row for each thing that is measured, as data. Who reads it: run.mjs and the reports. `count` is for
// a system at full pace; slower ones do a share of it (`share` in their file), so that a run takes seconds for
// each. `quick` is the count of a short run. `inBytes`: its rate is told in bytes. Names are what `--only` takes; a prefix up to a hyphen names several.

const oneWay = (name, bytes, title, count, quick, more = {}) => ({
  name,
  title,
  shape: 'one-way',
  bytes,
  count,
  quick,
  scaled: true,
  ...more,
});

export const works = [
  oneWay('one-way-16', 16, 'one-way, 16 B', 10_000_000, 1_500_000),
  oneWay('one-way-128', 128, 'one-way, 128 B', 10_000_000, 1_500_000),
  oneWay('one-way-1k', 1024, 'one-way, 1 KiB', 2_000_000, 300_000),
  oneWay('one-way-64k', 65_536, 'one-way, 64 KiB', 40_000, 6000, { inBytes: true }),
  {
    name: 'acknowledged-all',
    title: 'acknowledged end to end, 128 B, 1,000 in flight, a promise each',
    shape: 'acknowledged',
    variant: 'all',
    bytes: 128,
    inFlight: 1000,
    count: 2_000_000,
    quick: 300_000,
    scaled: true,
  },
  {
    name: 'acknowledged-count',
    title: 'acknowledged end to end, 128 B, 1,000 in flight, counted',
    shape: 'acknowledged',
    variant: 'count',
    bytes: 128,
    inFlight: 1000,
    count: 2_000_000,
    quick: 300_000,
    scaled: true,
  },
  {
    name: 'round-trip',
    title: 'sequential round trip of plain messages, 128 B',
    shape: 'round-trip',
    bytes: 128,
    count: 100_000,
    quick: 4000,
  },
  {
    name: 'requests-1',
    title: 'sequential request and reply, 128 B',
    shape: 'requests-in-turn',
    bytes: 128,
    count: 100_000,
    quick: 4000,
  },
  {
    name: 'requests-256',
    title: 'request and reply, 128 B, 256 in flight',
    shape: 'requests',
    bytes: 128,
    inFlight: 256,
    count: 1_000_000,
    quick: 100_000,
    scaled: true,
  },
  {
    name: 'fan-out-16',
    title: 'one sender to 16 recipients on 4 processes, 128 B',
    shape: 'fan-out',
    bytes: 128,
    recipients: 16,
    processes: 4,
    count: 300_000,
    quick: 30_000,
    scaled: true,
  },
  {
    name: 'relay',
    title: 'relay chain of three, one-way, 128 B',
    shape: 'relay',
    bytes: 128,
    count: 3_000_000,
    quick: 500_000,
    after: 'one-way-128',
  },
  {
    name: 'broadcast-16',
    title: 'broadcast in a mesh of 16 on 5 processes, 128 B',
    shape: 'broadcast',
    bytes: 128,
    recipients: 15,
    processes: 4,
    count: 50_000,
    quick: 10_000,
  },
  {
    name: 'beside-still',
    title: 'acknowledged, 128 B, beside a recipient that stands still and is flooded',
    shape: 'beside-still',
    bytes: 128,
    inFlight: 1000,
    count: 6_000_000,
    quick: 500_000,
  },
  {
    name: 'half-load',
    title: 'one-way latency at half of the one-way rate, 128 B',
    shape: 'half-load',
    bytes: 128,
    seconds: { full: 3, quick: 1 },
    after: 'one-way-128',
  },
  { name: 'cold-start', title: 'cold start and idle memory', shape: 'cold-start', bytes: 128 },
  {
    name: 'heap',
    title: 'heap of the receiver, before and after 10 million messages of 128 B (quick: 1 million)',
    shape: 'heap',
    bytes: 128,
    count: 10_000_000,
    quick: 1_000_000,
    roundsMax: 1,
  },
];

/** The chosen works and those that they are compared with, or take their rate from, in the order of the list. */
export function withFirst(chosen) {
  const names = new Set(chosen.flatMap(({ name, after }) => (after === undefined ? [name] : [name, after])));
  return works.filter(({ name }) => names.has(name));
}
