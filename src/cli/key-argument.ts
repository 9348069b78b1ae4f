/**
 * A mesh key among the arguments: everybody on the machine could read it there (`ps`), and an error that
 * repeats it would carry it into a log.
 *
 * Who calls it: main, before anything else looks at the arguments. Invariant: the key is not repeated.
 */
import { UsageError } from './kit/exit.ts';

/**
 * The prefix and a good part of the letters, or nearly all of them with a typo in it: no path or name of a
 * person's own looks like this.
 */
const keyLike = /skein1-(?:[a-z2-7]{16}|[a-z0-9]{40})/i;

/** @throws UsageError */
export function refuseKeyArgument(args: readonly string[]): void {
  if (!args.some((arg) => keyLike.test(arg))) return;
  throw new UsageError(
    'a mesh key does not belong on a command line, where others can read it: give it on standard input ' +
      '(skein key add), in SKEIN_KEY or in a file (--key-file); to replace this one: skein key new --beside',
  );
}
