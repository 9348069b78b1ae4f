/**
 * Pages of what the broker answers from memory: in the order of names, each as large as one answer may be.
 *
 * Used by the inquiries. Invariant: a page has at least one item, if there is one behind the name that was given; who asks
 * on behind the last one gets each item that was there all the time exactly once.
 */
import { taskLimits } from '../limits.ts';

/** @param items In the order of names, behind the last one that is known already. @returns JSON: `{ items, isMore }`. */
export function answerPage(items: Iterable<object>): string {
  const said: string[] = [];
  let bytes = 0;
  for (const item of items) {
    const json = JSON.stringify(item);
    // Names and words may have 3 bytes a character; all else has one.
    bytes += 3 * json.length;
    if (said.length > 0 && bytes > taskLimits.taskPageBytesMax) return pageOf(said, true);
    said.push(json);
  }
  return pageOf(said, false);
}

function pageOf(said: readonly string[], isMore: boolean): string {
  return `{"items":[${said.join(',')}],"isMore":${isMore}}`;
}
