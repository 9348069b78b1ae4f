/** The settings that features add to a node: a line for each feature that has some, by its name on the wire. */
import { discoverySettings } from './discovery/settings.ts';
import { formationSettings } from './formation/settings.ts';
import { lettersSettings } from './letters/settings.ts';
import { logSettings } from './log/settings.ts';
import { messagingSettings } from './messaging/settings.ts';
import { topologySettings } from './topology/settings.ts';

export const featureSettings = {
  topology: topologySettings,
  discovery: discoverySettings,
  messaging: messagingSettings,
  formation: formationSettings,
  letters: lettersSettings,
  log: logSettings,
};
