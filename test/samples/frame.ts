/** Wire samples of the frame itself: each route kind and flag, what a relay does to it, and a returned one. */
import { idOf } from '../../src/kernel/identity.ts';
import {
  encodeFrame,
  Flag,
  Frame,
  type Header,
  preface,
  RouteKind,
  withHop,
} from '../../src/kernel/wire/frame.ts';
import { decodeReturned, dropReasons, encodeReturned } from '../../src/kernel/wire/returned.ts';
import { byPlace, bytesOf, type Codec, sample, type WireSamples } from './sample.ts';

interface WholeFrame {
  readonly header: Header;
  readonly recipients: readonly number[];
  readonly payload: Uint8Array;
  readonly trace: readonly number[];
}

const header: Header = {
  kind: RouteKind.node,
  type: 7,
  feature: 0x01020304,
  destination: 0x0a0b0c0d0e0f,
  source: 0x111213141516,
  sequence: 0x212223242526,
  flags: 0,
  ttl: 9,
};
const plain: WholeFrame = { header, recipients: [], payload: bytesOf('payload'), trace: [] };

const whole: Codec<WholeFrame> = {
  encode({ header, recipients, payload, trace }) {
    const isTraced = (header.flags & Flag.traced) !== 0;
    const listed = header.kind === RouteKind.many ? recipients : undefined;
    const first = encodeFrame(header, isTraced ? Uint8Array.of(...payload, 0) : payload, listed);
    return trace.reduce((bytes, hop) => withHop(frameOf(bytes) as Frame, hop), first);
  },
  decode(bytes) {
    const frame = frameOf(bytes);
    if (frame === undefined) return undefined;
    const { kind, type, feature, destination, source, sequence, flags, ttl } = frame;
    return {
      header: { kind, type, feature, destination, source, sequence, flags, ttl },
      recipients: Array.from({ length: frame.recipientCount }, (_, i) => frame.recipient(i)),
      payload: frame.payload,
      trace: frame.trace,
    };
  },
};

const returned: Codec<Parameters<typeof encodeReturned>[0]> = {
  encode: encodeReturned,
  decode(bytes) {
    const read = decodeReturned(bytes, 0);
    if (read === undefined) return undefined;
    const { at: _, ...fields } = read;
    return fields;
  },
};

const raw: Codec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };

function frameOf(bytes: Uint8Array): Frame | undefined {
  const frame = new Frame();
  return frame.read(bytes, 0, bytes.length) ? frame : undefined;
}

const kinds = Object.entries(RouteKind).map(([name, kind]) =>
  sample(name, whole, {
    ...plain,
    header: { ...header, kind },
    recipients: kind === RouteKind.many ? [idOf('a'), idOf('b')] : [],
  }),
);

const flags = Object.entries(Flag).map(([name, flag]) =>
  sample(`node (flag ${name})`, whole, { ...plain, header: { ...header, flags: flag } }),
);

export const frameSamples: WireSamples = {
  name: 'frame',
  number: undefined,
  types: RouteKind,
  values: { Flag, dropReasons: byPlace(dropReasons) },
  samples: [
    sample('preface', raw, preface),
    ...kinds,
    ...flags,
    sample('many (traced over two hops)', whole, {
      header: { ...header, kind: RouteKind.many, flags: Flag.wantsReturn | Flag.traced },
      recipients: [idOf('a'), idOf('b')],
      payload: bytesOf('payload'),
      trace: [idOf('c'), idOf('d')],
    }),
    sample('returned', returned, {
      reason: 'ttl',
      type: 1,
      sequence: 0x212223242526,
      nodes: [idOf('a'), idOf('b')],
    }),
  ],
};
