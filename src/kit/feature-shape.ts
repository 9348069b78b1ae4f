/** The shape of a feature: what its behavior hears and says (`Shape`), and what programs see of it. */
import type { Shape } from '../kernel/contracts.ts';

/** The one type argument of a feature: what its behavior says and hears, and what programs see of it. */
export interface FeatureShape extends Shape {
  /** What `node.use(feature)` returns, in this process and attached alike. */
  readonly api: object;
  /** What a node is given for it at its start. */
  readonly settings: object;
  /** Events that it adds to `node.events`, by type. */
  readonly nodeEvents: object;
  /** What features that need this one may use, in this process only. */
  readonly shared: object;
}
