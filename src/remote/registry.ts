/**
 * All operations, by name: the list that the control socket serves and the command line draws from.
 *
 * Invariant: a name, once published, keeps its meaning; every operation is listed here and nowhere else.
 */

import { call } from '../features/calls/remote/call.ts';
import { reply, serve } from '../features/calls/remote/serve.ts';
import { pairs, refuse } from '../features/channels/remote/pairs.ts';
import { dial } from '../features/discovery/remote/dial.ts';
import { hangup } from '../features/discovery/remote/hangup.ts';
import { listen } from '../features/messaging/remote/listen.ts';
import { recipients } from '../features/messaging/remote/recipients.ts';
import { send } from '../features/messaging/remote/send.ts';
import { snoop } from '../features/messaging/remote/snoop.ts';
import { announce } from '../features/topology/remote/announce.ts';
import { dot } from '../features/topology/remote/dot.ts';
import { nodeList } from '../features/topology/remote/node-list.ts';
import { nodeShow } from '../features/topology/remote/node-show.ts';
import { route } from '../features/topology/remote/route.ts';
import { topology } from '../features/topology/remote/topology.ts';
import type { InputOf, OutputOf } from '../kit/operation.ts';
import { down } from '../node/remote/down.ts';
import { events } from '../node/remote/events.ts';
import { ready } from '../node/remote/ready.ts';
import { set } from '../node/remote/set.ts';
import { status } from '../node/remote/status.ts';
import { why } from '../node/remote/why.ts';

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
