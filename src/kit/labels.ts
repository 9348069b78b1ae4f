/** Labels: free names that are no node's and no service's, as a message's kind. Who calls it: features and operations. */
import { limits } from '../kernel/limits.ts';

/** What is wrong with a label, or undefined when it is one. */
export function labelProblem(text: unknown): string | undefined {
  const isLabel =
    typeof text === 'string' &&
    text.length > 0 &&
    !/\p{Cc}/u.test(text) &&
    new TextEncoder().encode(text).length <= limits.kindBytesMax;
  if (isLabel) return undefined;
  return `a name has 1 to ${limits.kindBytesMax} bytes of UTF-8 and no control characters, got ${JSON.stringify(text)}`;
}
