/**
 * The fingerprint of a run: a running hash over everything that happened, bytes included.
 *
 * Who calls it: the world and its platforms, at every event in either direction. Invariant: two runs
 * of one seed that differ in a single byte, time or order end in different digests. Two lanes of 32
 * bits (FNV-1a with different primes) are plenty against accident; nobody attacks a simulator.
 */

export class TraceHash {
  private first = 0x811c9dc5;
  private second = 0x9747b28c;

  number(value: number): void {
    // Time has fractions: a 1/4096 ms is far finer than any latency drawn.
    const scaled = Math.round(value * 4096);
    this.mix(scaled | 0);
    this.mix(Math.floor(scaled / 0x100000000) | 0);
  }

  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.mix(value.charCodeAt(i));
    this.mix(value.length);
  }

  bytes(value: Uint8Array): void {
    let { first, second } = this;
    // Unrolled by four: most of what a run hashes are the bytes on its wires.
    const words = value.length & ~3;
    for (let i = 0; i < words; i += 4) {
      const word =
        (value[i] as number) |
        ((value[i + 1] as number) << 8) |
        ((value[i + 2] as number) << 16) |
        ((value[i + 3] as number) << 24);
      first = Math.imul(first ^ word, 0x01000193);
      first ^= first >>> 15;
      second = Math.imul((second ^ word) + (second >>> 13), 0x5bd1e995);
    }
    this.first = first;
    this.second = second;
    for (let i = words; i < value.length; i++) this.mix(value[i] as number);
    this.mix(value.length);
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return hex(this.first) + hex(this.second);
  }

  private mix(value: number): void {
    this.first = Math.imul(this.first ^ value, 0x01000193);
    this.second = Math.imul((this.second ^ value) + (this.second >>> 13), 0x5bd1e995);
    // FNV moves bits upward only; without this the top bits of a number would never reach the low ones.
    this.first ^= this.first >>> 15;
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
