/** The public names of core: what a behavior of one's own, a host or a simulator is written against. */

export type { KernelConfig } from './context.ts';
export type * from './contracts.ts';
export { type ErrorCode, errorCodes, errorFacts, type Failure, failure, SkeinError } from './errors.ts';
export {
  checkName,
  featureNumber,
  formatId,
  type Instance,
  idOf,
  type NodeId,
  nameProblem,
} from './identity.ts';
export { Kernel } from './kernel.ts';
export { limits } from './limits.ts';
export type { Effect, Outbox } from './outbox.ts';
export { LinkStateTable } from './routing/link-state.ts';
export { Records } from './routing/records.ts';
export { Reader, Writer } from './wire/bytes.ts';
export { encodeFrame, Flag, Frame, preface, RouteKind, wireVersion, wireVersionMin } from './wire/frame.ts';
