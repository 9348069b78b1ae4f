/** skein: programs on many machines find each other, form a mesh, and work together. The public names. */

export type * from './api/channel.ts';
export { type Kind, kind } from './api/kind.ts';
export { describeMessage } from './api/message-text.ts';
export type * from './api/node.ts';
export { type Service, type ServiceOptions, service } from './api/service.ts';
export { type AttachOptions, attach } from './host/control/attach.ts';
export { createNode } from './host/create-node.ts';
export { type ErrorCode, errorCodes, limits, SkeinError } from './kernel/index.ts';
