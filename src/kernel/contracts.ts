/**
 * The contracts: what a behavior is, what it may do, and what the kernel needs from outside.
 *
 * Every feature of skein is a `Behavior` written against these, and so is a user's own. A behavior never touches the
 * world: its only way out is the agent it is handed. One file for each part; `contract/behavior.ts` is read first.
 */
export type * from './contract/agent.ts';
export type * from './contract/behavior.ts';
export type * from './contract/doors.ts';
export type * from './contract/events.ts';
export type * from './contract/links.ts';
export type * from './contract/ports.ts';
export type * from './contract/private-links.ts';
export type * from './contract/routes.ts';
export type * from './contract/self.ts';
export type * from './contract/shape.ts';
export type * from './contract/store.ts';
export type { Frame, RouteKind } from './wire/frame.ts';
