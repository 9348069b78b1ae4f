/**
 * All operations, by name: the list that the control socket serves and the command line draws from.
 *
 * Invariant: a name, once published, keeps its meaning; every operation is listed here and nowhere else.
 */
import { announce } from './announce.ts';
import { call } from './call.ts';
import { dial } from './dial.ts';
import { dot } from './dot.ts';
import { down } from './down.ts';
import { events } from './events.ts';
import { hangup } from './hangup.ts';
import { listen } from './listen.ts';
import { nodeList } from './node-list.ts';
import { nodeShow } from './node-show.ts';
import type { InputOf, OutputOf } from './operation.ts';
import { pairs, refuse } from './pairs.ts';
import { ready } from './ready.ts';
import { recipients } from './recipients.ts';
import { route } from './route.ts';
import { send } from './send.ts';
import { reply, serve } from './serve.ts';
import { set } from './set.ts';
import { snoop } from './snoop.ts';
import { status } from './status.ts';
import { topology } from './topology.ts';
import { why } from './why.ts';

export const calls = {
  status,
  why,
  'node-list': nodeList,
  'node-show': nodeShow,
  dial,
  hangup,
  set,
  topology,
  dot,
  route,
  recipients,
  send,
  call,
  reply,
  refuse,
  announce,
  ready,
  down,
} as const;

export const streams = { listen, serve, pairs, snoop, events } as const;

export type Calls = typeof calls;
export type Streams = typeof streams;
export type CallInput<Name extends keyof Calls> = InputOf<Calls[Name]>;
export type CallOutput<Name extends keyof Calls> = OutputOf<Calls[Name]>;
export type StreamInput<Name extends keyof Streams> = InputOf<Streams[Name]>;
export type StreamItem<Name extends keyof Streams> = OutputOf<Streams[Name]>;
