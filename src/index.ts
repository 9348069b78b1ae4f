/** skein: programs on many machines find each other, form a mesh, and work together. The public names. */

export * from './features/api.ts';
export { limits } from './features/limits.ts';
export { type ErrorCode, errorCodes } from './kernel/index.ts';
export {
  type AnyFeature,
  type ApiOf,
  type BehaviorParts,
  type Facade,
  type Feature,
  type FeatureShape,
  feature,
} from './kit/feature.ts';
export type { MeshView, NodePorts } from './kit/node-ports.ts';
export { type Operations, operationsOf } from './kit/operation.ts';
export { checkInput } from './kit/operation-input.ts';
export { PushStreams } from './kit/push-streams.ts';
export type { Session, SessionDuplex } from './kit/session.ts';
export { PushStream } from './kit/stream.ts';
export { type ErrorDetails, SkeinError } from './node/errors.ts';
export type * from './node/node.ts';
export { type AttachOptions, attach } from './remote/attach.ts';
export { createNode } from './remote/create-node.ts';
export { type ServeOptions, serve } from './remote/serve.ts';
export type { ControlServer } from './remote/server.ts';
