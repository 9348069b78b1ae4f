/** The one type argument of the identity feature. */
import type { Shape } from '../../kernel/contracts.ts';
import type { IdentityKey } from './core/identity.ts';

export interface IdentityFeatureShape extends Shape {
  readonly api: object;
  readonly settings: {
    /** The node's durable key. Undefined: it has none. */
    readonly identityKey?: IdentityKey;
  };
  readonly nodeEvents: object;
  readonly shared: object;
}
