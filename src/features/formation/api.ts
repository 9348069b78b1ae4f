/** The formation, as a program sees it: who its broker is. Channels to its members are opened by `pair`. */
import type { BrokerView } from './core/formation-types.ts';

export type { BrokerView } from './core/formation-types.ts';

/** What the formation adds to `node.events`. */
export interface FormationNodeEvents {
  /** The formation has another broker than before, or (undefined) none that this node knows of. */
  'formation:broker': { readonly broker: BrokerView | undefined };
}
