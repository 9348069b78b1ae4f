/** Letters of a node in this process: sending, handling and questions over the core. */
import type { Facade } from '../../../kit/feature.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { type Watched, WatchedStreams } from '../../swarm/api/watched-streams.ts';
import type { SwarmFeatureShape } from '../../swarm/shape.ts';
import type { Letter, LetterStatus, LettersApi } from '../api.ts';
import type { Letters } from '../core/letters.ts';
import { letterTopic, placeTopic } from '../core/topics.ts';
import type { LettersFeatureShape } from '../shape.ts';
import { checkId } from './check-options.ts';
import { conversing } from './conversing.ts';
import { Handling } from './handling.ts';
import { Inquiries } from './inquiries.ts';
import { OutgoingLetters } from './outgoing-letters.ts';
import { OwnChanges } from './own-changes.ts';
import { UndeliveredLetters, undeliveredEvent } from './undelivered-letters.ts';

export function lettersFacade(node: NodePorts<LettersFeatureShape, Letters>): Facade<LettersFeatureShape> {
  const outgoing = new OutgoingLetters(node);
  const handling = new Handling(node);
  const ownChanges = new OwnChanges();
  const undelivered = new UndeliveredLetters(node);
  const streams = new WatchedStreams({
    swarm: ownChanges.joined(node.needed<SwarmFeatureShape>('swarm')),
    after: (milliseconds, callback) => node.after(milliseconds, callback),
  });
  const inquiries = new Inquiries((verb, input) => node.ask('ask', { verb, input }), node);
  const letters: LettersApi = {
    send: (to, body, options) => outgoing.send(to, body, options),
    broadcast: (body, options) => outgoing.send(undefined, body, options),
    sendMany: (many, options) => outgoing.sendMany(many, options),
    handle(handler, options = {}) {
      node.checkOpen();
      return handling.handle(handler as (letter: Letter) => unknown, options);
    },
    ...conversing({
      node,
      streams,
      send: (to, body, options) => outgoing.sendChecked(to, body, options),
      handle: (handler, options) => handling.handle(handler, options),
    }),
    status: (id) => inquiries.status(id),
    watch(id, { signal } = {}) {
      checkId(id);
      node.checkOpen();
      return streams.stream(watchedLetter(id, inquiries), signal);
    },
    list: (filter = {}) => inquiries.list(filter),
    async outbox() {
      node.checkOpen();
      return Array.from(node.behavior.author.kept(), ({ id, recipients = [], type, sentAt, body }) => ({
        id,
        to: [...recipients],
        type,
        sentAt,
        bytes: body.length,
      }));
    },
    body: (id) => inquiries.body(id),
    retry: (id) => inquiries.retry(id),
    remove: (id) => inquiries.remove(id),
  };
  return {
    api: { letters },
    shared: letters,
    event(event) {
      if (event.type === 'stored') outgoing.stored(event);
      else if (event.type === 'letters') handling.received(event);
      else if (event.type === 'confirmed') handling.confirmed();
      else if (event.type === 'sent-on') for (const id of event.ids) ownChanges.touched(letterTopic(id));
      else {
        for (const { id } of event.letters) ownChanges.touched(letterTopic(id));
        undelivered.ended(event.letters);
      }
    },
    listening(type) {
      if (type === undeliveredEvent) undelivered.listening();
    },
    resumed() {
      handling.resume();
      undelivered.listening();
    },
    drain: (idle) => handling.drain(idle),
    end(error) {
      streams.end(error);
      handling.end();
      outgoing.end(error);
    },
  };
}

function watchedLetter(id: string, inquiries: Inquiries): Watched<LetterStatus> {
  return {
    topics: [letterTopic(id)],
    topicsOf: ({ id: current, n }) =>
      n === 0 ? [letterTopic(id)] : [...new Set([id, current])].map(letterTopic).concat(placeTopic(n)),
    read: () => inquiries.status(id),
    isLast: ({ recipients }) => recipients.every(({ state }) => state !== 'stored' && state !== 'outbox'),
  };
}
