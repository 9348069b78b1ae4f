/** The one type argument of the letters feature. */
import type { LettersApi, LettersNodeApi, LettersNodeEvents } from './api.ts';
import type { LettersShape } from './core/letters-types.ts';

export interface LettersFeatureShape extends LettersShape {
  readonly api: LettersNodeApi;
  readonly settings: {
    /** The longest body that is sent; changes while the node runs. */
    readonly letterBytes: number;
  };
  readonly nodeEvents: LettersNodeEvents;
  /** What features that need letters may use. */
  readonly shared: Pick<LettersApi, 'list'>;
}
