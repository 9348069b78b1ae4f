// What programs see of presence: in its node's process, on its control socket (`presence.set`, ...), and attached.
import { checkInput, operationsOf, PushStreams } from 'skein';
import * as v from 'valibot';
import { lineSchema } from './changes.mjs';

/** @import { Facade, NodePorts, Session } from 'skein' */
/** @import { Change, PresenceApi, PresenceShape } from './shape.ts' */

const input = v.strictObject({});
const setInput = v.strictObject({ line: lineSchema });

/** @param {NodePorts<PresenceShape>} node @returns {Facade<PresenceShape>} */
export function presenceFacade(node) {
  const watchers = /** @type {PushStreams<Change>} */ (new PushStreams());
  let own = '';
  return {
    api: {
      async set(line) {
        own = checkInput(setInput, { line }).line;
        return node.ask('set', own);
      },
      all: () => node.ask('all', undefined),
      history: () => node.ask('history', undefined),
      watch: (options) => watchers.stream(options),
    },
    event: (change) => watchers.push(change),
    // The node starts again under another name, with a new behavior.
    resumed: () => own !== '' && node.tell('set', own),
    end: (error) => watchers.end(error),
  };
}

const { call, stream } = /** @type {typeof operationsOf<PresenceApi>} */ (operationsOf)();

export const operations = {
  set: call({ summary: 'Set the status line.', input: setInput, run: (api, { line }) => api.set(line) }),
  all: call({ summary: 'The lines of all nodes, by name.', input, run: (api) => api.all() }),
  history: call({ summary: 'The last changes, oldest first.', input, run: (api) => api.history() }),
  watch: stream({ summary: 'Changes.', input, run: async (api, _, { signal }) => api.watch({ signal }) }),
};

/** @param {Session<typeof operations>} session @returns {PresenceApi} */
export const attachedPresence = (session) => ({
  set: (line) => session.call('set', { line }),
  all: () => session.call('all', {}),
  history: () => session.call('history', {}),
  watch: (options) => session.stream('watch', {}, options),
});
