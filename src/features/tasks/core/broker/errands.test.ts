/** What members have said while the store could not be asked: an order is refused only where it is not in the store. */
import { beforeEach, expect, test } from 'vitest';
import { OfficeRig } from '../../../../../test/core/office-rig.ts';
import { taskLimits } from '../limits.ts';

const author = 99;
let rig: OfficeRig;

beforeEach(() => {
  rig = new OfficeRig();
});

const answers = () => rig.heard(author, 'ordered').flatMap(({ outcomes }) => outcomes);

test('an order whose storing is unknown is not refused while the store cannot be opened: it waits, and is answered with what is there', () => {
  rig.lose('order');
  const n = rig.order();
  rig.storeFails('SKEIN_STORE_FULL');
  expect([rig.state(n), answers()]).toEqual(['queued', []]);
  rig.storeFails(undefined);
  expect(answers()).toMatchObject([{ ok: true, isRepeat: false }]);
  expect(rig.logged().filter((event) => event.startsWith('task.ordered'))).toHaveLength(1);
});

test('an order that comes while the store cannot be opened is refused with why, and is not there later', () => {
  rig.storeFails('SKEIN_STORE_FULL');
  rig.order();
  expect(answers()).toMatchObject([{ ok: false, failure: { code: 'SKEIN_STORE_FULL' } }]);
  rig.storeFails(undefined);
  rig.pass(2 * taskLimits.taskStoreAgainMs);
  expect([answers(), rig.logged()]).toEqual([[], []]);
});
