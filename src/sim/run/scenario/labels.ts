/**
 * What a scenario calls its messages and faults.
 *
 * Who calls it: `parse-action.ts`, step by step. Invariant: a label stands for one thing, and only what an
 * earlier step made can be meant.
 */

export class Labels {
  private readonly used = { message: new Set<string>(), fault: new Set<string>() };

  /** @throws TypeError when it is taken. */
  name(kind: 'message' | 'fault', label: string | undefined, path: string): string {
    const labels = this.used[kind];
    const name = label ?? `${kind === 'message' ? 'm' : 'f'}${labels.size + 1}`;
    if (name === 'all') throw new TypeError(`${path}.as: "all" already means everything`);
    if (labels.has(name)) throw new TypeError(`${path}.as: a ${kind} is called "${name}" already`);
    labels.add(name);
    return name;
  }

  /** @throws TypeError when nothing is called that. */
  earlier(kind: 'message' | 'fault', label: string, path: string): string {
    const labels = this.used[kind];
    if (labels.has(label)) return label;
    const there = labels.size === 0 ? `there is no ${kind} yet` : `there are ${[...labels].join(', ')}`;
    throw new TypeError(`${path}: no ${kind} before this step is called "${label}"; ${there}`);
  }
}
