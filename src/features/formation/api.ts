/** The formation, as a program sees it: who its broker is. Channels to its members are opened by `pair`. */
import type { BrokerView } from './core/formation-types.ts';

export type { BrokerView } from './core/formation-types.ts';

export interface FormationNodeEvents {
  /** The formation has another broker than before, or (undefined) none that this node knows of. */
  'formation:broker': { readonly broker: BrokerView | undefined };
}

/** What `createNode` is given for it. */
export interface FormationNodeOptions {
  /**
   * The formation's addresses, `tcp://host:port` each, the same on every node: whoever binds one is the broker.
   * `ipc://path`: one more door for programs of this machine that speak nanomsg. Default: in none.
   */
  readonly formation?: readonly string[] | FormationSettings;
}

export interface FormationSettings {
  readonly addresses: readonly string[];
  /** Programs that speak nanomsg may come from other machines too, though they have no key. Default false. */
  readonly doorInsecure?: boolean;
  /** While this node is the broker, its process ends when its event loop hangs for 10 s. Default false. */
  readonly endWhenHung?: boolean;
}
