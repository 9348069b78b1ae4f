import { expect, test } from 'vitest';
import { announcedAddresses, broadcastAddresses, type Interfaces } from './addresses.ts';
import { InterfaceWatch, type Reachability } from './interface-watch.ts';

const lan = (address: string): Interfaces => ({
  eth0: [
    {
      address,
      netmask: '255.255.255.0',
      family: 'IPv4',
      mac: '02:00:00:00:00:01',
      internal: false,
      cidr: `${address}/24`,
    },
  ],
});
const derive = (interfaces: Interfaces): Reachability => ({
  addresses: announcedAddresses('0.0.0.0', 7070, interfaces),
  targets: broadcastAddresses('0.0.0.0', interfaces),
});

test('interfaces that come, change and go are reported once each, with what the node makes of them', () => {
  let interfaces: Interfaces = {};
  let broken = false;
  const reported: Reachability[] = [];
  const look = () => {
    if (broken) throw new Error('too many open files');
    return interfaces;
  };
  const known = derive(interfaces);
  const watch = new InterfaceWatch({ known, derive, changed: (now) => reported.push(now), look });
  watch.look();
  expect(reported).toEqual([]);
  interfaces = lan('10.0.0.7');
  watch.look();
  watch.look();
  broken = true;
  watch.look();
  broken = false;
  interfaces = lan('10.1.0.7');
  watch.look();
  interfaces = {};
  watch.look();
  expect(reported.map(({ addresses }) => addresses)).toEqual([
    ['10.0.0.7:7070'],
    ['10.1.0.7:7070'],
    ['127.0.0.1:7070'],
  ]);
  expect(reported[1]?.targets).toEqual(['10.1.0.255', '127.255.255.255']);
  watch.close();
});
