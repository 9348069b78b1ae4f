/** The settings of the discovery feature: how many links a node keeps, and how it finds others. */
import { limits } from '../../kernel/limits.ts';
import { changeable, flag, flagOrPath, list, setting, wholeNumber } from '../../kit/setting.ts';
import { discoveryLimits } from './core/limits.ts';

export const discoverySettings = {
  /** Links that this node tries to keep; 0 never solicits. May change while it runs. Default 3. */
  degree: changeable({
    type: wholeNumber(0, limits.linksMax),
    default: 3,
    help: 'links to keep; 0 never solicits',
  }),
  /**
   * Whether nodes are found by UDP and by the runtime folder; false for seeds only, whatever
   * `udp`, `folder`, `discoveryPort` and `broadcast` are. Default true.
   */
  discovery: setting({
    type: flag,
    default: true,
    help: 'find nodes by UDP and by the runtime folder',
    offHelp: 'find no nodes but those of --connect',
  }),
  /** Whether nodes are found by UDP. Default true. */
  udp: setting({
    type: flag,
    default: true,
    help: 'find nodes by UDP',
    offHelp: 'do not find nodes by UDP',
    isHidden: true,
  }),
  /** The UDP port that all nodes share, 1 to 65,535. Default 7077. */
  discoveryPort: setting({
    type: wholeNumber(1, 65_535),
    default: discoveryLimits.discoveryPort as number,
    help: 'UDP port shared by all nodes',
  }),
  /** Broadcast addresses, each with a port or without. Default: those of the interfaces listened on. */
  broadcast: setting({
    type: list('<address...>', 'addresses', discoveryLimits.broadcastTargetsMax),
    help: 'broadcast addresses',
    defaultText: 'those of the interfaces',
  }),
  /**
   * The folder in which nodes of one machine find each other: true for that of the user, a path for another, false
   * for none. Default true.
   */
  folder: setting({
    type: flagOrPath,
    default: true,
    help: 'folder by which nodes of one machine find each other',
    offHelp: 'do not find nodes by the runtime folder',
    isHidden: true,
  }),
};
