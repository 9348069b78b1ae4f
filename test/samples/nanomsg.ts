/** Wire samples of the scalability protocols: the greeting, and a message over TCP and over IPC. */
import {
  SpProtocol,
  SpStream,
  type SpTransport,
  spGreeting,
  spMessage,
} from '../../src/doors/nanomsg/sp-stream.ts';
import { concatenate } from '../../src/kernel/wire/bytes.ts';
import { bytesOf, type Codec, sample, type WireSamples } from './sample.ts';

const greeting: Codec<SpProtocol> = {
  encode: spGreeting,
  decode: (bytes) => Object.values(SpProtocol).find((protocol) => isGreeted(protocol, bytes)),
};

function isGreeted(protocol: SpProtocol, bytes: Uint8Array): boolean {
  let isDone = false;
  const sink = {
    greeted: () => {
      isDone = true;
    },
    message: () => true,
  };
  return new SpStream(sink, { protocol, transport: 'tcp' }).push(bytes) === undefined && isDone;
}

function messageOver(transport: SpTransport): Codec<Uint8Array> {
  return {
    encode: (body) => spMessage(body, transport),
    decode(bytes) {
      const bodies: Uint8Array[] = [];
      const sink = { greeted: () => undefined, message: (body: Uint8Array) => bodies.push(body) > 0 };
      const stream = new SpStream(sink, { protocol: SpProtocol.bus, transport });
      const problem = stream.push(concatenate([spGreeting(SpProtocol.bus), bytes]));
      return problem === undefined && bodies.length === 1 ? bodies[0] : undefined;
    },
  };
}

export const nanomsgSamples: WireSamples = {
  name: 'nanomsg',
  number: undefined,
  types: SpProtocol,
  values: {},
  samples: [
    sample('pair', greeting, SpProtocol.pair),
    sample('bus', greeting, SpProtocol.bus),
    sample('message (over tcp)', messageOver('tcp'), bytesOf('{"Hail":{}}')),
    sample('message (over ipc)', messageOver('ipc'), bytesOf('{"Hail":{}}')),
  ],
};
