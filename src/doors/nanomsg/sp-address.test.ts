import { describe, expect, test } from 'vitest';
import { formatSpAddress, parseSpAddress } from './sp-address.ts';

test.each([
  ['tcp://127.0.0.1:7015', { transport: 'tcp', host: '127.0.0.1', port: 7015 }],
  ['tcp://[::1]:7015', { transport: 'tcp', host: '::1', port: 7015 }],
  ['tcp://*:7015', { transport: 'tcp', host: '', port: 7015 }],
  ['tcp://broker.example:7015', { transport: 'tcp', host: 'broker.example', port: 7015 }],
  ['ipc:///tmp/vee.ipc', { transport: 'ipc', path: '/tmp/vee.ipc' }],
])('%s is an address, and written so', (text, address) => {
  expect(parseSpAddress(text, 'formation')).toEqual(address);
  expect(formatSpAddress(parseSpAddress(text, 'formation'))).toBe(text);
});

describe('what is none is told with the option, the reason and an example', () => {
  test.each([
    ['127.0.0.1:7015', 'neither tcp:// nor ipc://'],
    ['udp://127.0.0.1:7015', 'neither tcp:// nor ipc://'],
    ['ipc://', 'neither tcp:// nor ipc://'],
    [`ipc:///${'x'.repeat(200)}`, 'its path is over 107 bytes'],
    ['tcp://127.0.0.1', 'it is not host:port'],
    ['tcp://127.0.0.1:99999', 'port 99999 is over 65535'],
    ['', 'neither tcp:// nor ipc://'],
  ])('%s', (text, why) => {
    expect(() => parseSpAddress(text, 'formation')).toThrow(
      expect.objectContaining({ code: 'SKEIN_ADDRESS', message: expect.stringMatching(/^formation: /) }),
    );
    expect(() => parseSpAddress(text, 'formation')).toThrow(why);
  });
});
