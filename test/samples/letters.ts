/** Wire samples of letters: what members and the broker say, and the frames of the lines that carry it. */
import { lettersFeature } from '../../src/features/letters/core/letters.ts';
import type { Delivery, Letter } from '../../src/features/letters/core/letters-types.ts';
import {
  decodeLetterMessage,
  encodeClose,
  encodeCollect,
  encodeHeard,
  encodeLetters,
  encodeOpen,
  encodePut,
  encodeReport,
  encodeSettle,
  encodeStored,
  LetterFlag,
  LetterKind,
  type LetterMessage,
  SelectionFlag,
} from '../../src/features/letters/core/wire.ts';
import { failure } from '../../src/kernel/errors.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { LineType } from '../../src/kernel/lines/wire.ts';
import { type Codec, sample, type WireSamples } from './sample.ts';

const message: Codec<LetterMessage> = {
  encode(given) {
    switch (given.type) {
      case 'put':
        return encodePut(given.number, given.isAgain, given.letters);
      case 'stored':
        return encodeStored(given.number, given.outcomes);
      case 'open':
        return encodeOpen(given);
      case 'close':
        return encodeClose();
      case 'letters':
        return encodeLetters(given.opening, given.store, given.deliveries);
      case 'settle':
        return encodeSettle(given.store, given.items);
      case 'report':
        return encodeReport(given.store, given.dropped, given.reports);
      case 'collect':
        return encodeCollect();
      case 'heard':
        return encodeHeard(given);
    }
  },
  decode: decodeLetterMessage,
};

const id = '00112233445566778899aabbccddeeff';
const body = Uint8Array.of(1, 2, 3);
const letter: Letter = {
  ...{
    id,
    sentAt: 1_795_000_000_000,
    delayMs: 0,
    expiresMs: 2_592_000_000,
    type: 'letter',
    key: '',
    digest: '',
  },
  ...{ encoding: 0, recipients: ['b', 'c'], body, allowsUnknown: false },
};
const toAll: Letter = {
  ...letter,
  ...{ recipients: undefined, key: 'order 7', digest: 'ff00', delayMs: 1000, allowsUnknown: true },
};
const delivery: Delivery = {
  ...{ n: 7, id, author: 'a', recipients: ['b', 'c'], type: 'letter', sentAt: 1_795_000_000_000, attempt: 2 },
  ...{ encoding: 1, body, via: 'd' },
};

const letterMessages: Readonly<Record<LetterMessage['type'], LetterMessage>> = {
  put: { type: 'put', number: 1, isAgain: true, letters: [letter, toAll] },
  stored: {
    type: 'stored',
    number: 1,
    outcomes: [
      { ok: true, id, n: 7, isRepeat: false },
      { ok: true, id, n: 7, isRepeat: true },
      { ok: false, failure: failure('SKEIN_UNKNOWN_NODE', 'the swarm has never seen zz') },
      { ok: false, failure: failure('SKEIN_MAILBOX_FULL', 'the mailbox of b is full', { nodes: ['b'] }) },
    ],
  },
  open: {
    type: 'open',
    opening: 2,
    store: 0x123456789abc,
    letters: 1000,
    bytes: 4_194_304,
    inHand: [3, 300],
    selection: { types: ['note'], others: true, conversations: false },
  },
  close: { type: 'close' },
  letters: { type: 'letters', opening: 2, store: 0x123456789abc, deliveries: [delivery] },
  settle: {
    type: 'settle',
    store: 0x123456789abc,
    items: [
      { n: 7, attempt: 1, settlement: { outcome: 'handled' } },
      { n: 8, attempt: 2, settlement: { outcome: 'again', delayMs: 1000, reason: 'not yet' } },
      { n: 9, attempt: 3, settlement: { outcome: 'failed', reason: 'broken' } },
      { n: 10, attempt: 4, settlement: { outcome: 'refused', reason: 'never' } },
    ],
  },
  report: {
    type: 'report',
    store: 0x123456789abc,
    dropped: 3,
    reports: [{ report: 300, id, recipient: 'b', state: 'expired', reason: '' }],
  },
  collect: { type: 'collect' },
  heard: { type: 'heard', store: 0x123456789abc, report: 300, dropped: 3 },
};

export const lettersSamples: WireSamples = {
  name: lettersFeature,
  number: featureNumber(lettersFeature),
  // How lines acknowledge is among the samples of the swarm.
  types: { part: LineType.part },
  values: { LetterKind, LetterFlag, SelectionFlag },
  samples: Object.values(letterMessages).map((each) => sample(`part (${each.type})`, message, each)),
};
