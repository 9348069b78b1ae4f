/** The settings of the log feature. */
import { flag, setting } from '../../kit/setting.ts';

export const logSettings = {
  /** The envelopes of the messages that this node sends go to the log of the swarm: never what is in them. Default false. */
  logMessages: setting({
    type: flag,
    default: false,
    help: 'log the envelopes of the messages that this node sends',
    isPassedOn: true,
  }),
};
