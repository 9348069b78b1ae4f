/** Features of a program's own: what `createNode({ features })` and `node.use` promise. */
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { features } from '../../src/features/index.ts';
import { checkFeatures } from '../../src/kit/check-features.ts';
import { type AnyFeature, type FeatureShape, feature } from '../../src/kit/feature.ts';
import { operationsOf } from '../../src/kit/operation.ts';
import { createTestMesh } from '../../src/testing/index.ts';

interface CounterShape extends FeatureShape {
  readonly commands: { add(amount: number): number };
  readonly event: { readonly type: 'counted'; readonly total: number };
  readonly api: { add(amount: number): Promise<number>; readonly seen: readonly number[] };
}

/** Counts what its program adds, and delivers each total. */
const counter = feature<CounterShape>()({
  name: 'counter',
  needs: ['messaging'],
  behavior() {
    let total = 0;
    return {
      name: 'counter',
      commands: {
        add(agent, amount, reply) {
          total += amount;
          agent.deliver({ type: 'counted', total });
          reply.answer(total);
        },
      },
    };
  },
  facade(node) {
    const seen: number[] = [];
    return {
      api: { add: (amount) => node.ask('add', amount), seen },
      event: ({ total }) => void seen.push(total),
    };
  },
  operations: {},
  attached: () => ({ add: () => Promise.reject(new Error('not offered')), seen: [] }),
});

describe("a feature of one's own", () => {
  test('is used by its value, and only where the node was made with it', async () => {
    await using mesh = await createTestMesh();
    const a = await mesh.start('a', { features: [counter] });
    const b = await mesh.start('b');
    const api = a.use(counter);
    expect(await mesh.run(api.add(2))).toBe(2);
    expect(await mesh.run(api.add(3))).toBe(5);
    expect(api.seen).toEqual([2, 5]);
    expect(() => b.use(counter)).toThrow(
      'feature counter is not part of node b: pass it as createNode({ features: [...] })',
    );
  });
});

const { call } = operationsOf<object>();
const noop = { name: 'x', needs: [], behavior: () => ({ name: 'x' }), facade: () => ({ api: {} }) };
const sound = { ...noop, operations: {}, attached: () => ({}) };
const changed = (change: object): AnyFeature => ({ ...sound, ...change }) as AnyFeature;
const noSchema = {
  ping: { ...call({ summary: 'P.', input: v.strictObject({}), run: async () => 1 }), input: {} },
};

describe('features that do not fit together are refused at the start in one sentence', () => {
  test.each<[string, AnyFeature, string]>([
    [
      'a taken name',
      changed({ name: 'calls' }),
      'feature calls: this node has a feature of that name already; rename one',
    ],
    ['a bad name', changed({ name: 'a b' }), 'features: a name has 1 to 64'],
    ['a missing part', changed({ facade: undefined }), 'feature x: "facade" is missing; it is a function'],
    [
      'a missing need',
      changed({ needs: ['store'] }),
      'feature x needs "store", which does not come before it; add it before x',
    ],
    [
      'no list of needs',
      changed({ needs: undefined }),
      'feature x: "needs" is missing; give a list, [] for none',
    ],
    [
      'no operations',
      changed({ operations: undefined }),
      'feature x: "operations" is missing; give an object, {} for none',
    ],
    [
      'an operation without a schema',
      changed({ operations: noSchema }),
      'feature x: operation "ping" has no input schema',
    ],
    ['nothing at all', null as never, 'features: each is made with feature(), got null'],
  ])('%s', (_what, given, text) => {
    let message = '';
    try {
      checkFeatures([...features, given]);
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      message = (error as Error).message;
    }
    expect(message.startsWith(text), message).toBe(true);
  });

  test("skein's own fit together", () => {
    expect(() => checkFeatures(features)).not.toThrow();
  });
});
