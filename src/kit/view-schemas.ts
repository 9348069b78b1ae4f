/**
 * The shapes of what operations answer with: nodes, links, findings, as other programs read them.
 *
 * Who calls it: the output schemas of operations. Invariant: they are strict, so that a field that an answer has and
 * its schema lacks fails a test; nothing is checked by them while a node runs.
 */
import * as v from 'valibot';

export const names = v.array(v.string());
const whole = v.pipe(v.number(), v.integer());

/** A `LinkInfo`. */
export const linkInfoSchema = v.strictObject({
  node: v.string(),
  address: v.string(),
  direction: v.picklist(['incoming', 'outgoing']),
  roundTripMs: v.optional(v.number()),
  stalled: v.boolean(),
  bytesIn: whole,
  bytesOut: whole,
  framesIn: whole,
  framesOut: whole,
  queuedBytes: whole,
  dropped: whole,
  openForMs: whole,
  key: v.optional(v.string()),
});

/** A `NodeInfo`. */
export const nodeInfoSchema = v.strictObject({
  name: v.string(),
  id: whole,
  namespace: v.string(),
  instance: v.string(),
  version: v.string(),
  addresses: names,
  links: names,
  services: names,
  self: v.boolean(),
  reachable: v.boolean(),
  left: v.boolean(),
  hops: v.optional(whole),
  forMs: whole,
});

/** Of whatever has nothing to say but that it was done. */
export const nothing = v.strictObject({});
