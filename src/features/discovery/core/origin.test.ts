import { describe, expect, test } from 'vitest';
import { answerableAddresses } from './origin.ts';

describe('a solicitation is answered', () => {
  test('to where it came from as well as to what it says, by a member', () => {
    const said = ['10.0.2.15:7070', '127.0.0.1:7070'];
    expect(answerableAddresses(said, '192.168.56.11:40000', true)).toEqual([
      '10.0.2.15:7070',
      '192.168.56.11:7070',
    ]);
    expect(answerableAddresses(['10.0.0.1:7070'], '10.0.0.1:40000', true)).toEqual(['10.0.0.1:7070']);
  });

  test('with the zone that it came by, from a machine with link-local addresses alone', () => {
    expect(answerableAddresses(['127.0.0.1:7070'], '[fe80::1%eth0]:40000', true)).toEqual([
      '[fe80::1%eth0]:7070',
    ]);
  });

  test('without a key to what it says alone, unless that is loopback', () => {
    expect(answerableAddresses(['10.0.0.9:7070'], '10.0.0.1:40000', false)).toEqual(['10.0.0.9:7070']);
    expect(answerableAddresses(['127.0.0.1:7070'], '10.0.0.1:40000', false)).toEqual(['10.0.0.1:7070']);
  });

  test('to all that it says, from this machine', () => {
    expect(answerableAddresses(['127.0.0.1:7070', '10.0.0.1:7070'], '127.0.0.1:4000', true)).toHaveLength(2);
  });
});
