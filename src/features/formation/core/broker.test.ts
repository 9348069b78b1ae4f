import { beforeEach, describe, expect, test } from 'vitest';
import { Broker } from './broker.ts';
import type { FormationMessage } from './formation-messages.ts';
import { formationLimits } from './limits.ts';

let broker: Broker;

beforeEach(() => {
  broker = new Broker({ name: 'Broker', address: 'tcp://127.0.0.1:7016', services: ['time'] });
});

function hail(name: string, port: number, services: readonly string[] = []): FormationMessage {
  return { type: 'Hail', name, address: `tcp://127.0.0.1:${port}`, services };
}

function pair(originator: string, destination: string): FormationMessage {
  return { type: 'Pair', originator, destination };
}

const link = (originName: string, destinationName: string, port: number) => ({
  to: 'all',
  message: { type: 'Link', originName, destinationName, address: `tcp://127.0.0.1:${port}` },
});

const fail = (to: unknown, offender: string, explanation: RegExp) => ({
  to,
  message: { type: 'Fail', offender, explanation: expect.stringMatching(explanation) },
});

test('the conversation of vee: two hail, the second asks for the first, both are told where to meet', () => {
  expect(broker.received(hail('First', 7017), 1, 0)).toEqual([]);
  expect(broker.received(hail('Second', 7018), 2, 0)).toEqual([]);
  expect(broker.received(pair('Second', 'First'), 2, 10)).toEqual([link('Second', 'First', 7018)]);
});

describe('a request to pair', () => {
  beforeEach(() => {
    broker.received(hail('First', 7017, ['echo']), 1, 0);
    broker.received(hail('Second', 7018), 2, 0);
  });

  test('may name a service; the answer names who offers it', () => {
    expect(broker.received(pair('Second', 'echo'), 2, 0)).toEqual([link('Second', 'First', 7018)]);
  });

  test('may name the broker, or what it offers, and the broker may ask itself', () => {
    expect(broker.received(pair('Second', 'Broker'), 2, 0)).toEqual([link('Second', 'Broker', 7018)]);
    expect(broker.received(pair('Second', 'time'), 2, 0)).toEqual([link('Second', 'Broker', 7018)]);
    expect(broker.received(pair('Broker', 'First'), 0, 0)).toEqual([link('Broker', 'First', 7016)]);
  });

  test('of somebody who has not hailed is answered to whoever sent it', () => {
    expect(broker.received(pair('Third', 'First'), 3, 0)).toEqual([fail(3, 'Third', /has to hail first/)]);
  });

  test('for somebody who never was there, is gone, or is oneself, says so', () => {
    expect(broker.received(pair('Second', 'Third'), 2, 0)).toEqual([
      fail('all', 'Second', /nobody in the formation is called Third or offers it/),
    ]);
    broker.received(hail('Second', 7018), 2, 5000);
    expect(broker.expire(formationLimits.formationLeaseMs).map(({ name }) => name)).toEqual(['First']);
    expect(broker.received(pair('Second', 'First'), 2, 7000)).toEqual([
      fail('all', 'Second', /First is gone/),
    ]);
    expect(broker.received(pair('Second', 'Second'), 2, 7000)).toEqual([
      fail('all', 'Second', /with itself/),
    ]);
  });

  test('for one whose connection has ended says so at once, until it is back', () => {
    expect(broker.ended(1).map(({ name }) => name)).toEqual(['First']);
    expect(broker.received(pair('Second', 'First'), 2, 100)).toEqual([
      fail('all', 'Second', /First is gone/),
    ]);
    broker.received(hail('First', 7019), 3, 200);
    expect(broker.received(pair('Second', 'First'), 2, 200)).toEqual([link('Second', 'First', 7018)]);
  });
});

describe('a hail', () => {
  test('for a name of another address is answered with a Fail, to its sender alone', () => {
    broker.received(hail('First', 7017), 1, 0);
    expect(broker.received(hail('First', 7099), 2, 10)).toEqual([
      fail(2, 'First', /^First is tcp:\/\/127.0.0.1:7017 already$/),
    ]);
    expect(broker.received(hail('Broker', 7099), 2, 10)).toEqual([
      fail(2, 'Broker', /^Broker is tcp:\/\/127.0.0.1:7016 already$/),
    ]);
    // Its holder is not there any more.
    expect(broker.received(hail('First', 7099), 2, formationLimits.formationLeaseMs)).toEqual([]);
  });

  test('that finds no room is told', () => {
    for (let i = 0; i < formationLimits.registryEntriesMax; i++) broker.received(hail(`n${i}`, i), i, 0);
    expect(broker.received(hail('Third', 7019), 'x', 0)).toEqual([fail('x', 'Third', /has no room/)]);
  });
});

test('what a broker is not sent is counted', () => {
  broker.received({ type: 'Data', payload: '' }, 1, 0);
  broker.received({ type: 'Fail', offender: 'a', explanation: 'b' }, 1, 0);
  expect(broker.misdirected).toBe(2);
});

test('of those that are gone so many are remembered', () => {
  for (let i = 0; i <= formationLimits.formationGoneMax; i++) {
    broker.received(hail(`n${i}`, i), i, 0);
    broker.ended(i);
  }
  broker.received(hail('Second', 7018), 'two', 0);
  const explanation = (name: string): string => {
    const [answer] = broker.received(pair('Second', name), 'two', 0);
    return answer?.message.type === 'Fail' ? answer.message.explanation : '';
  };
  expect(explanation('n1')).toMatch(/is gone/);
  expect(explanation('n0')).toMatch(/nobody/);
});

describe('a broker that is new', () => {
  const young = () => new Broker({ name: 'Broker', address: 'tcp://127.0.0.1:7016', services: [] }, 1000);

  test('waits for those who may still hail before it says that somebody is not there', () => {
    const broker = young();
    broker.received(hail('Second', 7018), 2, 0);
    expect(broker.received(pair('Second', 'First'), 2, 10, 5)).toEqual([]);
    expect(broker.nextDeadline()).toBe(1000);
    expect(broker.received(hail('First', 7017), 1, 20)).toEqual([
      { ...link('Second', 'First', 7018), request: 5 },
    ]);
    expect(broker.deadline(1000)).toEqual([]);
  });

  test('and says it then', () => {
    const broker = young();
    broker.received(hail('Second', 7018), 2, 0);
    broker.received(pair('Second', 'First'), 2, 10, 5);
    broker.received(pair('Third', 'First'), 3, 10);
    const answers = [
      { ...fail('all', 'Second', /nobody in the formation is called First/), request: 5 },
      fail(3, 'Third', /has to hail first/),
    ];
    expect(broker.deadline(1000)).toEqual(answers);
    expect(broker.deadline(1001)).toEqual([]);
  });

  test('keeps so many waiting; more are told at once', () => {
    const broker = young();
    for (let i = 0; i < formationLimits.pairsUnresolvedMax; i++)
      broker.received(pair('Second', 'First'), 2, 0);
    expect(broker.received(pair('Third', 'First'), 3, 0)).toEqual([fail(3, 'Third', /has to hail first/)]);
  });
});

describe('a member that is not available', () => {
  let away: Set<string>;
  const pairFor = (destination: string) =>
    broker.received({ type: 'Pair', originator: 'First', destination }, 1, 1);

  beforeEach(() => {
    away = new Set(['Second']);
    const self = { name: 'Broker', address: 'tcp://127.0.0.1:7016', services: ['time'] };
    broker = new Broker(self, 0, (name) => !away.has(name));
    for (const [holder, name] of ['First', 'Second', 'Third'].entries())
      broker.received(
        {
          type: 'Hail',
          name,
          address: `tcp://127.0.0.1:${holder + 1}`,
          services: name === 'First' ? [] : ['echo'],
        },
        holder + 1,
        0,
      );
  });

  test('is passed by where a service is named, and paired with by its name', () => {
    const links = [pairFor('echo'), pairFor('echo'), pairFor('Second')].flat();
    expect(links.map(({ message }) => (message as { destinationName?: string }).destinationName)).toEqual([
      'Third',
      'Third',
      'Second',
    ]);
  });

  test('is the reason where nobody else offers the service, the broker among them', () => {
    away = new Set(['Second', 'Third', 'Broker']);
    for (const service of ['echo', 'time'])
      expect(pairFor(service)).toMatchObject([
        {
          message: {
            type: 'Fail',
            explanation: expect.stringContaining(`offers ${service} is not available`),
          },
        },
      ]);
    expect(pairFor('nobody')).toMatchObject([
      { message: { explanation: 'nobody in the formation is called nobody or offers it' } },
    ]);
  });
});
