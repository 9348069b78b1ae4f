/**
 * Lets the options that all commands share stand before the command: `skein --node a status` is
 * `skein status --node a`.
 *
 * Who calls it: main. Invariant: nothing is dropped or doubled; what follows the command keeps its order.
 */
const withValue: ReadonlySet<string> = new Set(['--node', '--control']);
const withoutValue: ReadonlySet<string> = new Set(['--json']);

/** The arguments with the command first. */
export function commandFirst(given: readonly string[]): string[] {
  const shared: string[] = [];
  let at = 0;
  for (let option = given[at]; option !== undefined; option = given[at]) {
    const [name = ''] = option.split('=', 1);
    if (!withValue.has(name) && !withoutValue.has(name)) break;
    const count = withValue.has(option) ? 2 : 1;
    shared.push(...given.slice(at, at + count));
    at += count;
  }
  const rest = given.slice(at);
  // Behind `--` everything is an argument.
  const end = rest.indexOf('--');
  return end < 0 ? [...rest, ...shared] : [...rest.slice(0, end), ...shared, ...rest.slice(end)];
}
