import { describe, expect, test } from 'vitest';
import { idOf, instanceOf } from '../../kernel/identity.ts';
import {
  type Announcement,
  decodeAnnouncement,
  decodeSigned,
  encodeAnnouncement,
  isGenuine,
  type SignedAnnouncement,
} from '../../kernel/routing/announcement.ts';
import { Ed25519Signer } from './record-signer.ts';

const signer = new Ed25519Signer();
const other = new Ed25519Signer();

function recordOf(by: Ed25519Signer, changes: Partial<Announcement> = {}): Announcement {
  return {
    ...{
      id: idOf('a'),
      name: 'a',
      namespace: 'n',
      instance: instanceOf(by.publicKey),
      epoch: 1,
      sequence: 1,
    },
    ...{
      left: false,
      version: '1',
      addresses: ['10.0.0.1:1'],
      links: [5],
      services: ['s'],
      sections: new Map(),
    },
    ...changes,
  };
}
const decoded = (bytes: Uint8Array) => decodeSigned(bytes) as SignedAnnouncement;

describe('a signature that one node of the process has checked', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const signature = signer.sign(bytes);

  test('holds for the others of the process', () => {
    expect([signer, other].map((one) => one.verify(signer.publicKey, bytes, signature))).toEqual([
      true,
      true,
    ]);
  });

  test('holds for those bytes alone, of that key, and not where bytes have passed from one to the other', () => {
    expect(other.verify(signer.publicKey, bytes, signature)).toBe(true);
    const changed = bytes.slice();
    changed[50] = 0;
    expect(other.verify(signer.publicKey, changed, signature)).toBe(false);
    expect(other.verify(other.publicKey, bytes, signature)).toBe(false);
    const longer = Uint8Array.of(...signature, bytes[0] as number);
    expect(other.verify(signer.publicKey, bytes.subarray(1), longer)).toBe(false);
    const shorter = Uint8Array.of(signature.at(-1) as number, ...bytes);
    expect(other.verify(signer.publicKey, shorter, signature.subarray(0, -1))).toBe(false);
  });
});

describe('a signed announcement', () => {
  test('is genuine for whoever checks it, and read as ever', () => {
    const record = recordOf(signer);
    const bytes = encodeAnnouncement(record, signer);
    expect(decodeAnnouncement(bytes)).toEqual(record);
    expect(isGenuine(decoded(bytes), other)).toBe(true);
  });

  test('is not with another link, service, address or number', () => {
    const genuine = decoded(encodeAnnouncement(recordOf(signer), signer));
    for (const changes of [
      { links: [6] },
      { services: [] },
      { addresses: [] },
      { sequence: 2 },
      { left: true },
    ]) {
      const signed = decoded(encodeAnnouncement(recordOf(signer, changes), signer)).signed;
      expect(isGenuine({ ...genuine, signed }, other)).toBe(false);
    }
  });

  test('cannot be made by another for that life: neither with its own key, nor with the key of the life', () => {
    const forged = recordOf(signer, { links: [6] });
    expect(isGenuine(decoded(encodeAnnouncement(forged, other)), signer)).toBe(false);
    const stolen = { publicKey: signer.publicKey, sign: (bytes: Uint8Array) => other.sign(bytes) };
    const bytes = encodeAnnouncement(forged, { ...stolen, verify: () => true });
    expect(isGenuine(decoded(bytes), other)).toBe(false);
    expect(isGenuine(decoded(encodeAnnouncement(forged)), other)).toBe(false);
  });

  test('a key or signature that makes no sense is no reason to throw', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    for (const key of [
      new Uint8Array(0),
      new Uint8Array(31),
      new Uint8Array(32),
      new Uint8Array(32).fill(255),
    ])
      for (const signature of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(100)])
        expect(signer.verify(key, bytes, signature)).toBe(false);
  });
});
