// skein as it is meant to be used: with a mesh key, every link encrypted and proven. It plays all there is.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { besideStill } from './skein/backpressure.mjs';
import { channel, channelRelay, channelStill } from './skein/channels.mjs';
import { letters, lettersInTurn } from './skein/letters.mjs';
import { lettersMany } from './skein/many-letters.mjs';
import { tasksMatching } from './skein/matching.mjs';
import { broadcast, fanOut, relay } from './skein/meshes.mjs';
import { acknowledged, halfLoad, heap, oneWay, roundTrip } from './skein/messages.mjs';
import { requests, requestsInTurn, start } from './skein/requests.mjs';
import { tasks, tasksCancel, tasksInTurn } from './skein/tasks.mjs';
import { tasksCut, tasksKilled } from './skein/tasks-elsewhere.mjs';
import { lettersTakeover, lettersWaiting } from './skein/waiting-letters.mjs';

export const title = 'skein';

/** A key of this run's own. */
export async function prepare(folder) {
  const keyFile = join(folder, 'keys');
  const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  execFileSync(process.execPath, [program, 'key', 'new', '--key-file', keyFile]);
  return { shared: { keyFile, folder }, end: () => undefined };
}

export const roles = {
  'one-way': oneWay,
  acknowledged,
  'round-trip': roundTrip,
  'requests-in-turn': requestsInTurn,
  requests,
  'fan-out': fanOut,
  relay,
  broadcast,
  'beside-still': besideStill,
  channel,
  'channel-relay': channelRelay,
  'channel-still': channelStill,
  'half-load': halfLoad,
  'cold-start': start,
  heap,
  letters,
  'letters-in-turn': lettersInTurn,
  'letters-waiting': lettersWaiting,
  'letters-many': lettersMany,
  'letters-takeover': lettersTakeover,
  tasks,
  'tasks-in-turn': tasksInTurn,
  'tasks-cancel': tasksCancel,
  'tasks-killed': tasksKilled,
  'tasks-cut': tasksCut,
  'tasks-matching': tasksMatching,
};
