/**
 * How to undo what one operation has changed so far.
 *
 * Who calls it: collections note the way back of each change, the store's parts begin, keep or undo. What it costs
 * follows from the changes of one operation, not from the size of the store. Invariant: nothing is changed outside an
 * operation, and after `undo` every collection is as it was at `begin`.
 */
export class Journal {
  private waysBack: (() => void)[] = [];
  private isOpen = false;

  begin(): void {
    if (this.isOpen) throw new Error('an operation of a store began within another one');
    this.isOpen = true;
  }

  /** @throws Error outside an operation: nobody could undo the change. */
  note(wayBack: () => void): void {
    if (!this.isOpen)
      throw new Error(
        'a collection of a store changes only within an operation, before the operation returns',
      );
    this.waysBack.push(wayBack);
  }

  /** The operation has changed something. */
  get hasChanges(): boolean {
    return this.waysBack.length > 0;
  }

  keep(): void {
    this.isOpen = false;
    this.waysBack = [];
  }

  undo(): void {
    this.isOpen = false;
    for (let i = this.waysBack.length - 1; i >= 0; i--) this.waysBack[i]?.();
    this.waysBack = [];
  }
}
