/** The one type argument of the denials feature. */
import type { DenialsShape } from './core/denials.ts';
import type { DenialFile } from './core/list-file.ts';

export interface DenialsFeatureShape extends DenialsShape {
  readonly api: object;
  readonly settings: {
    /** Where the machine keeps the list. Undefined: nowhere. */
    readonly denialFile?: DenialFile;
  };
  readonly nodeEvents: object;
  readonly shared: object;
}
