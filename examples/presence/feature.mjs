// Presence: each node has a status line that all see. A feature of a program's own, made of public exports only.
import { feature } from 'skein';
import { attachedPresence, operations, presenceFacade } from './api.mjs';
import { presenceBehavior } from './behavior.mjs';

/** @import { PresenceShape } from './shape.ts' */

export const presence = /** @type {typeof feature<PresenceShape>} */ (feature)()({
  name: 'presence',
  needs: [],
  behavior: presenceBehavior,
  facade: presenceFacade,
  operations,
  attached: attachedPresence,
});
