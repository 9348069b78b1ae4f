/**
 * The golden transcript of the behavior contract: when each call of `Behavior` and `ConnectionHandler`
 * comes, and in which order. Three nodes a - b - c, each with a recording behavior; every step of the
 * script is a heading of `behavior-calls.txt`, which is reviewed as a diff.
 */
import { expect, test } from 'vitest';
import type { BehaviorAgent } from '../../src/kernel/contracts.ts';
import { failure } from '../../src/kernel/errors.ts';
import type { Effect } from '../../src/kernel/outbox.ts';
import { TestMesh, type TestNode } from '../core/harness.ts';
import { Recorder, type RecordingHandler } from './recorder.ts';

const encoder = new TextEncoder();

class Script {
  readonly mesh = new TestMesh();
  readonly recorders = new Map<string, Recorder>();
  private readonly lines: string[] = [];

  node(name: string): TestNode {
    const recorder = new Recorder(name, (line) => this.lines.push(`  ${line}`));
    this.recorders.set(name, recorder);
    return this.mesh.add(name, { behaviors: [recorder] });
  }

  /** Writes a heading, acts, and lets what follows at once happen. */
  step(heading: string, act: () => void, milliseconds = 0): void {
    this.lines.push('', heading);
    act();
    this.mesh.run(milliseconds);
  }

  /** What a node's behavior does with its agent, as a command. */
  act(node: TestNode, act: (agent: BehaviorAgent) => void): void {
    node.command('recorder', 'act', act);
  }

  recorder(name: string): Recorder {
    return this.recorders.get(name) as Recorder;
  }

  handler(name: string, neighbor: string): RecordingHandler {
    const handler = this.recorder(name).handlers.get(neighbor);
    if (handler === undefined) throw new Error(`${name} has no handler for ${neighbor}`);
    return handler;
  }

  get text(): string {
    return `${this.lines.join('\n').trim()}\n`;
  }
}

test('every call of the contract comes when the transcript says', async () => {
  const script = new Script();
  const { mesh } = script;
  let [a, b, c] = [] as unknown as [TestNode, TestNode, TestNode];
  const bytes = (text: string): Uint8Array => encoder.encode(text);

  script.step('# three nodes start', () => {
    a = script.node('a');
    b = script.node('b');
    c = script.node('c');
  });
  script.step('# a dials b, which refuses: the first refusal wins and both ends hear of it', () => {
    script.recorder('b').verdict = failure('SKEIN_REFUSED', 'not now');
    a.dial('b');
  });
  script.step('# a dials nobody', () => a.dial('nowhere'));
  script.step('# a dials b', () => a.dial('b'));
  script.step('# c dials b, whose behavior asks to wait', () => {
    script.recorder('b').verdict = 'wait';
    c.dial('b');
  });
  script.step('# b has made up its mind', () => {
    const last = Math.max(...[...b.pipes.keys()]);
    script.act(b, (agent) => agent.resolveCheck(last, undefined));
  });
  script.step(
    '# the first heartbeats have gone both ways, and a second has passed: ticks',
    () => undefined,
    1100,
  );
  script.step('# a sends to c through b, which snoops', () => {
    script.act(b, (agent) => agent.snoop(true));
    script.act(a, (agent) => agent.send({ to: 'node', node: c.id }, bytes('hello'), { type: 1 }));
  });
  script.step('# a sends to itself', () => {
    script.act(a, (agent) => agent.send({ to: 'node', node: a.id }, bytes('myself'), { type: 2 }));
  });
  script.step('# a sends to all, and to the node closest to the key that is b', () => {
    script.act(b, (agent) => agent.snoop(false));
    script.act(a, (agent) => {
      agent.send({ to: 'all' }, bytes('all'), { type: 3 });
      agent.send({ to: 'key', key: b.id }, bytes('key'), { type: 4 });
    });
  });
  script.step('# c offers a service and a sends to it', () => {
    script.act(c, (agent) => agent.offerService('echo'));
    mesh.run(50);
    script.act(a, (agent) => agent.send({ to: 'service', service: 'echo' }, bytes('service'), { type: 5 }));
  });
  script.step('# a sends with a ttl that ends at b, and wants to be told', () => {
    const options = { type: 6, ttl: 1, wantsReturn: true };
    script.act(a, (agent) => agent.send({ to: 'node', node: c.id }, bytes('short'), options));
  });
  script.step('# a handler sends to its neighbor, unrouted', () => {
    script.act(a, () => script.handler('a', 'b').agent?.sendHere(bytes('link'), { type: 7 }));
  });
  script.step('# a handler tells its behavior, the behavior its handlers, a handler the others', () => {
    script.act(b, (agent) => {
      script.handler('b', 'a').agent?.tellBehavior('up');
      agent.tellHandlers('down');
      script.handler('b', 'a').agent?.tellHandlers('across');
    });
  });
  script.step('# c announces a section, changes it, takes it away', () => {
    for (const section of ['one', 'two', undefined]) {
      script.act(c, (agent) => agent.announce(section === undefined ? undefined : bytes(section)));
      mesh.run(50);
    }
  });
  script.step('# a persists something before it goes on', () => {
    script.act(a, (agent) => agent.store('put', undefined as never));
    a.enter(() => a.kernel.stored(asked(a, 'put'), { ok: true, value: 'durable' }, mesh.now));
  });
  script.step('# a persists something in its own store', () => {
    script.act(a, (agent) => agent.ownStore('keep', undefined as never));
    a.enter(() => a.kernel.stored(asked(a, 'keep'), { ok: true, value: 'kept' }, mesh.now));
  });
  script.step('# a wants a flush at the end of this turn, and a deadline in 30 ms', () => {
    script.act(a, (agent) => {
      script.recorder('a').deadlineAt = agent.now + 30;
      agent.flushLater();
    });
    mesh.run(40);
  });
  script.step('# a datagram of this feature comes in', () => {
    a.enter(() => a.kernel.datagram(bytes('!psst'), 'somebody:1', mesh.now));
  });
  script.step('# the program asks why, and for the status', () => {
    a.kernel.explain('c', mesh.now);
    a.kernel.status();
  });
  script.step('# the program asks for what no feature is named for: handled, and not handled', () => {
    a.enter(() => a.kernel.rpc('known', undefined, 1001, mesh.now));
    a.enter(() => a.kernel.rpc('unknown', undefined, 1002, mesh.now));
  });
  script.step("# b's socket to c breaks", () => c.kill());
  script.step('# a leaves', () => a.stop());

  await expect(script.text).toMatchFileSnapshot('./behavior-calls.txt');
});

function asked(node: TestNode, verb: string): Extract<Effect, { type: 'store' }> {
  const effect = node.effects.find((other) => other.type === 'store' && other.operation.verb === verb);
  if (effect?.type !== 'store') throw new Error(`no store effect ${verb}`);
  return effect;
}
