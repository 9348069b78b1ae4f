/** The settings of the letters feature. */
import { byteCount, changeable } from '../../kit/setting.ts';
import { letterLimits } from './core/limits.ts';

export const lettersSettings = {
  /** The longest body of a letter that this node sends, in bytes, up to 64 MiB. May change while the node runs. Default 1 MiB. */
  letterBytes: changeable({
    type: byteCount(1, letterLimits.letterBytesMax),
    default: letterLimits.letterBytes as number,
    help: 'the longest body of a letter that this node sends',
  }),
};
