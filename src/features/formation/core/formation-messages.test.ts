import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeFormationMessage,
  encodeFormationMessage,
  type FormationMessage,
} from './formation-messages.ts';
import { formationLimits } from './limits.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const decode = (text: string) => decodeFormationMessage(bytesOf(text));

const golden: [string, FormationMessage][] = [
  [
    '{"Hail":{"name":"First","address":"tcp://127.0.0.1:7017"}}',
    { type: 'Hail', name: 'First', address: 'tcp://127.0.0.1:7017', services: [] },
  ],
  [
    '{"Hail":{"name":"First","address":"tcp://127.0.0.1:7017","services":["echo","store"]}}',
    { type: 'Hail', name: 'First', address: 'tcp://127.0.0.1:7017', services: ['echo', 'store'] },
  ],
  [
    '{"Pair":{"originator":"Second","destination":"First"}}',
    { type: 'Pair', originator: 'Second', destination: 'First' },
  ],
  [
    '{"Link":{"origin_name":"Second","destination_name":"First","address":"tcp://127.0.0.1:7018"}}',
    { type: 'Link', originName: 'Second', destinationName: 'First', address: 'tcp://127.0.0.1:7018' },
  ],
  [
    '{"Fail":{"offender":"Second","explanation":"..."}}',
    { type: 'Fail', offender: 'Second', explanation: '...' },
  ],
  ['{"Data":{"payload":"hello, \\"you\\""}}', { type: 'Data', payload: 'hello, "you"' }],
];

test.each(golden)('%s is read and written as vee does', (text, message) => {
  expect(decode(text)).toEqual(message);
  expect(new TextDecoder().decode(encodeFormationMessage(message))).toBe(text);
});

test('fields in any order and ones that are not known do no harm, as with vee', () => {
  expect(decode('{"Pair":{"urgent":true,"destination":"a","originator":"b"}}')).toEqual({
    type: 'Pair',
    originator: 'b',
    destination: 'a',
  });
});

describe('what is none of the five is told', () => {
  test.each([
    ['', 'not a JSON object'],
    ['{', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['[{"Data":{"payload":""}}]', 'not a JSON object'],
    ['{}', 'not an object of one key'],
    ['{"Data":{"payload":""},"Fail":{}}', 'not an object of one key'],
    ['{"Shout":{}}', 'no message is called "Shout"'],
    ['{"constructor":{}}', 'no message is called "constructor"'],
    ['{"__proto__":{}}', 'no message is called "__proto__"'],
    ['{"Hail":"First"}', 'Hail has no fields'],
    ['{"Hail":{"name":"First"}}', 'Hail: address is not text'],
    ['{"Hail":{"name":7,"address":"x"}}', 'Hail: name is not text'],
    ['{"Hail":{"name":"","address":"x"}}', 'Hail: name has no characters'],
    ['{"Hail":{"name":"a\\u001b[2J","address":"x"}}', 'some that cannot be shown'],
    ['{"Hail":{"name":"a","address":"x","services":"echo"}}', 'Hail: services is not a list'],
    ['{"Hail":{"name":"a","address":"x","services":[1]}}', 'Hail: services is not text'],
    ['{"Link":{"origin_name":"a","destination_name":"b"}}', 'Link: address is not text'],
    ['{"Data":{}}', 'Data: payload is not text'],
  ])('%s: %s', (text, problem) => {
    expect(decode(text)).toMatchObject({ problem: expect.stringContaining(problem) });
  });

  test('bytes that are not UTF-8', () => {
    expect(decodeFormationMessage(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ problem: 'not a JSON object' });
  });

  test('what is over a limit', () => {
    const { formationNameLength, formationMessageBytesMax } = formationLimits;
    const name = 'n'.repeat(formationNameLength);
    const hail = (name: string) => decode(JSON.stringify({ Hail: { name, address: '' } }));
    expect(hail(name)).toMatchObject({ type: 'Hail' });
    expect(hail(`${name}n`)).toEqual({
      problem: `Hail: name of ${formationNameLength + 1} characters is over the limit of ${formationNameLength}`,
    });
    const enormous = decode(JSON.stringify({ Data: { payload: 'x'.repeat(formationMessageBytesMax) } }));
    expect(enormous).toMatchObject({ problem: expect.stringContaining('is over the limit') });
  });

  test('nesting without end', () => {
    expect(decode(`${'['.repeat(200_000)}`)).toHaveProperty('problem');
    expect(decode(`{"Data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`)).toHaveProperty('problem');
  });
});

test('whatever the bytes, the answer is a message or a problem, and a message comes back as it was', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.json().map(bytesOf)), (bytes) => {
      const decoded = decodeFormationMessage(bytes);
      if ('problem' in decoded) return;
      expect(decodeFormationMessage(encodeFormationMessage(decoded))).toEqual(decoded);
    }),
  );
});
