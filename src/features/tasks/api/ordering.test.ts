/** Orders that are refused before they leave the node. */
import { expect, test } from 'vitest';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { Tasks } from '../core/tasks.ts';
import type { TasksFeatureShape } from '../shape.ts';
import { Ordering } from './ordering.ts';

test('a node without letters refuses to order with a letter as reply', async () => {
  const nothing = (): void => undefined;
  const ordering = new Ordering({
    ...{ name: 'a', checkOpen: nothing, enter: nothing },
    behavior: { hasLetters: false, wallNow: 1, newId: () => '1' } as unknown as Tasks,
  } as unknown as NodePorts<TasksFeatureShape, Tasks>);
  for (const parts of [undefined, [{}]]) {
    const options = { reply: 'letter', ...(parts === undefined ? {} : { parts }) } as const;
    await expect(ordering.order('render', 1, options)).rejects.toMatchObject({
      code: 'SKEIN_REFUSED',
      message: "a has no letters: order without reply: 'letter', and ask for the result",
    });
  }
});
