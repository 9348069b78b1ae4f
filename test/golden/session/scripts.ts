/**
 * What is recorded: each script is a session file. Together they make nodes say every message type there is, which a
 * test checks. A later session gets a script of its own; those that are recorded are not changed.
 */
import type { Script, Step } from './record.ts';
import type { SessionNode } from './session.ts';

const common = { namespace: 'test', syncPeriodMs: 4000 };
const near: SessionNode = { address: 'near', name: 'near', seed: 1, instance: '1111111122222222', ...common };
const far: SessionNode = { address: 'far', name: 'far', seed: 2, instance: '3333333344444444', ...common };

const bothStart: readonly Step[] = [
  { at: 1000, node: 'near', do: 'start' },
  { at: 1000, node: 'far', do: 'start' },
];
const bothMeet: readonly Step[] = [...bothStart, { at: 1100, node: 'near', do: 'dial', address: 'far' }];

/** Messages with receipts, to one and to all, in parts; records that were lost and are compared again; goodbye. */
const messages: Script = {
  nodes: [near, far],
  steps: [
    ...bothMeet,
    { at: 1500, node: 'far', do: 'listen' },
    { at: 1500, node: 'near', do: 'listen' },
    { at: 2000, node: 'near', do: 'send', to: 'far', text: 'hello' },
    { at: 2100, node: 'far', do: 'send', to: 'near', text: 'hello back', traced: true },
    { at: 2200, node: 'near', do: 'post', to: 'far', text: 'without a receipt' },
    { at: 2300, node: 'near', do: 'send', to: 'all', text: 'to all' },
    { at: 2400, node: 'near', do: 'send', to: 'far', size: 300_000 },
    { at: 2450, node: 'near', do: 'send', to: 'nobody', text: 'no route' },
    { at: 3000, node: 'far', do: 'lose', feature: 'topology', type: 1 },
    { at: 3001, node: 'far', do: 'serve', service: 'echo' },
    { at: 6000, node: 'near', do: 'lose', feature: 'topology', type: 1 },
    { at: 6001, node: 'near', do: 'serve', service: 'back' },
    { at: 12_000, node: 'near', do: 'call', service: 'echo', text: 'the record has come after all' },
    { at: 12_050, node: 'far', do: 'answer', text: 'it has' },
    { at: 13_000, node: 'far', do: 'stop' },
  ],
  end: 14_501,
};

/** Calls that are answered at once, late, and never, since nobody waits any more. */
const calls: Script = {
  nodes: [near, far],
  steps: [
    ...bothMeet,
    { at: 1200, node: 'far', do: 'serve', service: 'echo' },
    { at: 1200, node: 'near', do: 'serve', service: 'back' },
    { at: 2000, node: 'near', do: 'call', service: 'echo', text: 'one' },
    { at: 2050, node: 'far', do: 'answer', text: 'one again' },
    { at: 2100, node: 'far', do: 'call', service: 'back', text: 'two' },
    { at: 2150, node: 'near', do: 'answer', text: 'two again' },
    { at: 2200, node: 'near', do: 'call', service: 'nobody offers it', text: 'x' },
    { at: 3000, node: 'near', do: 'call', service: 'echo', text: 'late' },
    { at: 5000, node: 'far', do: 'answer', text: 'late again' },
    { at: 6000, node: 'near', do: 'call', service: 'echo', text: 'never' },
    { at: 6050, node: 'near', do: 'abort' },
    { at: 8000, node: 'near', do: 'stop' },
  ],
  end: 9501,
};

/** Channels with data both ways: one that ends, one that is refused, one that is abandoned. */
const channels: Script = {
  nodes: [near, far],
  steps: [
    ...bothMeet,
    { at: 1500, node: 'far', do: 'offer' },
    { at: 1500, node: 'near', do: 'offer' },
    { at: 2000, node: 'near', do: 'open', to: 'far' },
    { at: 2050, node: 'far', do: 'accept' },
    { at: 2100, node: 'near', do: 'write', text: 'there' },
    { at: 2100, node: 'far', do: 'write', text: 'and back' },
    { at: 2200, node: 'near', do: 'read' },
    { at: 2200, node: 'far', do: 'read' },
    { at: 2300, node: 'near', do: 'write', size: 12_000 },
    { at: 2400, node: 'far', do: 'read' },
    { at: 2500, node: 'near', do: 'end' },
    { at: 2550, node: 'far', do: 'read' },
    { at: 2600, node: 'far', do: 'end' },
    { at: 2650, node: 'near', do: 'read' },
    { at: 3000, node: 'far', do: 'open', to: 'near' },
    { at: 3050, node: 'near', do: 'refuse', text: 'not now' },
    { at: 3500, node: 'far', do: 'open', to: 'near' },
    { at: 3550, node: 'near', do: 'accept' },
    { at: 3600, node: 'far', do: 'write', text: 'half a sen' },
    { at: 3700, node: 'far', do: 'abandon', text: 'enough' },
    { at: 6000, node: 'near', do: 'stop' },
  ],
  end: 7501,
};

const place = '10.9.0.1:7015';
const inFormation = (node: SessionNode): SessionNode => ({
  ...node,
  formation: { addresses: [place], doors: [], meeting: `tcp://${node.address}:1` },
});

/** One becomes the broker; the other finds it, hails, and asks for a partner by name and in vain. */
const formation: Script = {
  nodes: [inFormation(near), inFormation(far)],
  steps: [
    { at: 1000, node: 'near', do: 'start' },
    { at: 3000, node: 'far', do: 'start' },
    { at: 6000, node: 'far', do: 'pair', to: 'near' },
    { at: 6100, node: 'far', do: 'pair', to: 'nobody' },
    { at: 6200, node: 'near', do: 'pair', to: 'far' },
    { at: 8000, node: 'near', do: 'stop' },
  ],
  end: 9501,
};

/** A member asks the broker who was ever here, and wants letters; the disk of the broker cannot be used. */
const swarm: Script = {
  nodes: [inFormation(near), inFormation(far)],
  steps: [
    { at: 1000, node: 'near', do: 'start' },
    { at: 3000, node: 'far', do: 'start' },
    { at: 6000, node: 'far', do: 'ask-swarm' },
    { at: 6050, node: 'far', do: 'listen-letters' },
    { at: 6100, node: 'far', do: 'handle-letters' },
    { at: 6150, node: 'far', do: 'work' },
    { at: 8000, node: 'near', do: 'stop' },
  ],
  end: 9501,
};

/** A newcomer with the name of a living node: the name is probed, and the newcomer refused. */
const namesake: Script = {
  nodes: [near, far, { ...near, address: 'elsewhere', seed: 4, instance: '7777777788888888' }],
  steps: [
    ...bothMeet,
    { at: 5000, node: 'elsewhere', do: 'start' },
    { at: 5100, node: 'elsewhere', do: 'dial', address: 'far' },
    { at: 9000, node: 'near', do: 'stop' },
  ],
  end: 10_501,
};

const third: SessionNode = {
  address: 'third',
  name: 'third',
  seed: 3,
  instance: '5555555566666666',
  ...common,
};

/** Three in a row, the middle one a relay: to several at once, traced, calls, and a channel with a link of its own. */
const relay: Script = {
  nodes: [near, far, third],
  steps: [
    ...bothStart,
    { at: 1000, node: 'third', do: 'start' },
    { at: 1100, node: 'near', do: 'dial', address: 'far' },
    { at: 1200, node: 'third', do: 'dial', address: 'far' },
    { at: 1500, node: 'far', do: 'listen' },
    { at: 1500, node: 'third', do: 'listen' },
    { at: 1500, node: 'third', do: 'serve', service: 'echo' },
    { at: 1500, node: 'third', do: 'offer' },
    { at: 3000, node: 'near', do: 'send', to: 'all', text: 'to both' },
    { at: 3100, node: 'near', do: 'send', to: 'third', text: 'by far', traced: true },
    { at: 3200, node: 'near', do: 'call', service: 'echo', text: 'by far too' },
    { at: 3250, node: 'third', do: 'answer', text: 'and back' },
    { at: 3500, node: 'near', do: 'open', to: 'third' },
    { at: 3550, node: 'third', do: 'accept' },
    { at: 4000, node: 'near', do: 'write', text: 'directly' },
    { at: 4050, node: 'third', do: 'read' },
    { at: 4100, node: 'near', do: 'end' },
    { at: 4150, node: 'third', do: 'end' },
    { at: 5000, node: 'far', do: 'stop' },
    { at: 5100, node: 'near', do: 'send', to: 'third', text: 'no way' },
    { at: 8000, node: 'near', do: 'stop' },
    { at: 8000, node: 'third', do: 'stop' },
  ],
  end: 9501,
};

/** Two that know no address: the one asks all for links by datagrams, and the other dials it. */
const discovery: Script = {
  nodes: [
    { ...near, degree: 1 },
    { ...far, degree: 1 },
  ],
  steps: [...bothStart, { at: 20_000, node: 'near', do: 'stop' }],
  end: 21_501,
};

/** One of two denies the other, which hears why and is refused, and is a neighbor again once it is allowed. */
const denials: Script = {
  nodes: [near, far],
  steps: [
    ...bothMeet,
    { at: 2000, node: 'near', do: 'deny', whom: 'far' },
    { at: 4000, node: 'far', do: 'dial', address: 'near' },
    { at: 6000, node: 'near', do: 'allow', whom: 'far' },
    { at: 7000, node: 'far', do: 'dial', address: 'near' },
    { at: 9000, node: 'near', do: 'stop' },
  ],
  end: 10_501,
};

export const scripts: Readonly<Record<string, Script>> = {
  messages,
  calls,
  channels,
  formation,
  swarm,
  namesake,
  relay,
  discovery,
  denials,
};
