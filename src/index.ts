/** skein: programs on many machines find each other, form a mesh, and work together. The public names. */

export { type Service, type ServiceOptions, service } from './features/calls/api/service.ts';
export type * from './features/channels/api/channel.ts';
export { limits } from './features/limits.ts';
export { type Kind, kind } from './features/messaging/api/kind.ts';
export { describeMessage } from './features/messaging/api/message-text.ts';
export { createNode } from './host/create-node.ts';
export { type ErrorCode, errorCodes, SkeinError } from './kernel/index.ts';
export type * from './node/node.ts';
export { type AttachOptions, attach } from './remote/attach.ts';
