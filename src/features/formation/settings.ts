/** The settings of the formation feature: where it is, and who may come to its door. */
import { flag, list, setting } from '../../kit/setting.ts';
import { formationLimits } from './core/limits.ts';

export const formationSettings = {
  /**
   * The formation's addresses, `tcp://host:port` each, the same on every node: the node that binds one is the broker.
   * `ipc://path`: one more door for programs of this machine that speak nanomsg. Default: in none, until the swarm is
   * used: then in that of this user and namespace, at addresses of this machine.
   */
  formation: setting({
    type: list('<address...>', 'addresses, tcp://HOST:PORT each', formationLimits.formationAddressesMax, 1),
    help: 'tcp://host:port each, the same everywhere: the node that binds one is the broker',
    defaultText: 'none; for the swarm: this machine',
  }),
  /** Programs that speak nanomsg may come from other machines too, though they have no key. Default false. */
  doorInsecure: setting({
    type: flag,
    default: false,
    help: 'let nanomsg programs of other machines into the formation: they have no key',
  }),
  /** While this node is the broker, its process ends when its event loop hangs for 10 s. Default false; `skein up`: true. */
  endWhenHung: setting({
    type: flag,
    default: false,
    defaultAtUp: true,
    help: 'as the broker, end when the event loop hangs for 10 s',
    isOptionOnly: true,
  }),
};
