/**
 * The few platform globals that core may touch. They are ports: universal (every JavaScript host has
 * them), pure and synchronous, so the same bytes come out in Node.js, in a browser and in the simulator.
 * Only core's own project includes this file; every other project has the full declarations of its host.
 * Whatever else core needs (time, randomness, sockets, disk) enters as an argument or leaves as an effect.
 */

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: 'utf-8', options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
