/**
 * Notices that this process has no free file descriptors, which the system tells nobody: it closes connections that it
 * has taken in for the process, and those who come see a connection that is cut.
 *
 * Made by the driver of a node. Invariant: it holds no descriptor itself between two looks; a lack is told when it
 * begins, and again only after a minute.
 */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { hostLimits } from './limits.ts';

const { descriptorLookMs, descriptorTellMs } = hostLimits;

/** Looks now and then, until the returned function is called. @param told There is none free. */
export function watchDescriptors(told: (text: string) => void): () => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - toldAt < descriptorTellMs || hasFreeDescriptor()) return;
    toldAt = now;
    told(
      'this process has no free file descriptors: neither links nor clients get in; raise its limit (ulimit -n, LimitNOFILE), or find what holds so many',
    );
  }, descriptorLookMs);
  timer.unref();
  return () => clearInterval(timer);
}

function hasFreeDescriptor(): boolean {
  try {
    closeSync(openSync(devNull, 'r'));
    return true;
  } catch (problem) {
    // Whatever else keeps it from being opened is not what is looked for.
    return !['EMFILE', 'ENFILE'].includes((problem as NodeJS.ErrnoException).code ?? '');
  }
}
