/**
 * The effective network, in flat arrays: of each record's index the indexes it is linked to.
 *
 * Who calls it: the records write, the search for routes reads. Invariant: symmetric, as its writers keep
 * it. A search walks every edge; over arrays in one piece it is ten times as fast as over objects that lie
 * scattered in a large heap, where each step waits for memory.
 */
const roomMin = 4;

export class Graph {
  /** By index: where its neighbors begin in `targets`, and how many they are. */
  starts = new Int32Array(64);
  counts = new Int32Array(64);
  targets = new Int32Array(256);
  /** How many fit before the next node's begin. */
  private rooms = new Int32Array(64);
  private used = 0;
  private abandoned = 0;

  neighborsOf(index: number): number[] {
    const start = this.starts[index] ?? 0;
    return [...this.targets.subarray(start, start + (this.counts[index] ?? 0))];
  }

  set(index: number, neighbors: readonly number[]): void {
    if (index >= this.starts.length) this.grow(index + 1);
    if (neighbors.length > (this.rooms[index] as number)) this.move(index, neighbors.length);
    this.targets.set(neighbors, this.starts[index]);
    this.counts[index] = neighbors.length;
  }

  add(index: number, neighbor: number): void {
    this.set(index, [...this.neighborsOf(index), neighbor]);
  }

  remove(index: number, neighbor: number): void {
    this.set(
      index,
      this.neighborsOf(index).filter((other) => other !== neighbor),
    );
  }

  /** Indexes up to this one may have neighbors. */
  private grow(atLeast: number): void {
    const length = Math.max(atLeast, this.starts.length * 2);
    this.starts = enlarged(this.starts, length);
    this.counts = enlarged(this.counts, length);
    this.rooms = enlarged(this.rooms, length);
  }

  /** Gives a node a new place at the end, with room for some more; what it leaves is reclaimed at times. */
  private move(index: number, count: number): void {
    this.abandoned += this.rooms[index] as number;
    this.counts[index] = 0;
    this.rooms[index] = 0;
    if (this.abandoned > this.targets.length / 2) this.compact();
    const room = Math.max(roomMin, Math.ceil(count * 1.5));
    if (this.used + room > this.targets.length) this.targets = enlarged(this.targets, 2 * (this.used + room));
    this.starts[index] = this.used;
    this.rooms[index] = room;
    this.used += room;
  }

  private compact(): void {
    const targets = new Int32Array(this.targets.length);
    let used = 0;
    for (let index = 0; index < this.starts.length; index++) {
      const room = this.rooms[index] as number;
      if (room === 0) continue;
      const start = this.starts[index] as number;
      targets.set(this.targets.subarray(start, start + (this.counts[index] as number)), used);
      this.starts[index] = used;
      used += room;
    }
    this.targets = targets;
    this.used = used;
    this.abandoned = 0;
  }
}

function enlarged(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
