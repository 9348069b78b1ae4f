/** What a recipient says again after a change of the broker, and what its desk hands out then. */
import { expect, test } from 'vitest';
import { Desks, type Opening } from './desks.ts';
import type { Delivery, NextLetters, NextRequest, SettleItem } from './letters-types.ts';

const node = 5 as Opening['node'];
const opening: Opening = {
  ...{ node, life: 1, recipient: 'b', opening: 1, letters: 10, bytes: 1000 },
  selection: { types: [], others: true, conversations: true },
};
const delivery = (n: number, attempt: number): Delivery => ({
  ...{ n, id: n.toString(16).padStart(32, '0'), author: 'a', recipients: ['b'], type: 'letter', sentAt: 1 },
  ...{ attempt, encoding: 0, body: new Uint8Array(1), via: 'c' },
});
const said = (n: number, attempt: number): SettleItem => ({
  ...{ n, attempt, outcome: 'again', due: 0, waitMs: 0, reason: '' },
});

/** Desks above a mailbox with one letter, whose second attempt is due. */
function rig() {
  const handed: string[] = [];
  const asked: NextRequest[] = [];
  const desks = new Desks({
    time: () => 100,
    next: (request, loaded) => {
      asked.push(request);
      const isBefore = request.afterDue.due < 50;
      const found: NextLetters = {
        ...{ fresh: [], isMore: false, nextDue: 0 },
        due: isBefore ? [{ ...delivery(3, 2), due: 50 }] : [],
      };
      loaded(found);
    },
    send: (_opening, deliveries) => {
      for (const { n, attempt } of deliveries) handed.push(`${n} ${attempt}`);
    },
  });
  return { desks, handed, asked };
}

test('what the broker before had stored already is handed out, though it was passed by in the hand of its recipient', () => {
  const { desks, handed } = rig();
  desks.open(opening, [3]);
  expect(handed).toEqual([]);
  desks.settled(node, [said(3, 1)], 0);
  expect(handed).toEqual(['3 2']);
});

test('a letter in hand is not given back by what was said of the attempt before', () => {
  const { desks, handed } = rig();
  desks.open(opening, []);
  expect(handed).toEqual(['3 2']);
  desks.settled(node, [said(3, 1)], 0);
  desks.rewind();
  expect(handed).toEqual(['3 2']);
  desks.settled(node, [said(3, 2)], 0);
  desks.rewind();
  expect(handed).toEqual(['3 2', '3 2']);
});

test('what a commit of unknown outcome had stored is handed out, though its time was passed by meanwhile', () => {
  const { desks, handed } = rig();
  desks.open(opening, []);
  expect(handed).toEqual(['3 2']);
  desks.settled(node, [said(3, 2)], 200);
  expect(handed).toEqual(['3 2']);
  desks.settled(node, [said(3, 2)], 200, true);
  expect(handed).toEqual(['3 2', '3 2']);
});

/** Desks above a mailbox whose letters have these sizes; the recipient's window is 1,000 bytes. */
function sized(...sizes: number[]) {
  const handed: number[] = [];
  let readings = 0;
  const desks = new Desks({
    time: () => 100,
    next: ({ after, bytes, firstBytes, letters }, loaded) => {
      readings++;
      const fresh: Delivery[] = [];
      let left = bytes;
      for (let n = after + 1; n <= sizes.length && fresh.length < letters; n++) {
        const length = sizes[n - 1] as number;
        if (length > (fresh.length === 0 ? firstBytes : left)) break;
        left -= length;
        fresh.push({ ...delivery(n, 1), body: new Uint8Array(length) });
      }
      loaded({ fresh, due: [], isMore: (fresh.at(-1)?.n ?? after) < sizes.length, nextDue: 0 });
    },
    send: (_opening, deliveries) => handed.push(...deliveries.map(({ n }) => n)),
  });
  const handledOne = (n: number) => desks.settled(node, [{ n, attempt: 1, outcome: 'handled' }], 0);
  desks.open(opening, []);
  return { desks, handed, handledOne, readings: () => readings };
}

test('what a recipient has in hand is never more than its window', () => {
  const { handed, handledOne, readings } = sized(600, 300, 200, 100);
  expect(handed).toEqual([1, 2]);
  // It does not ask again and again meanwhile.
  expect(readings()).toBeLessThan(4);
  handledOne(2);
  expect(handed).toEqual([1, 2, 3, 4]);
});

test('a letter that is larger than the window travels alone', () => {
  const { handed, handledOne } = sized(10, 5000, 10);
  expect(handed).toEqual([1]);
  handledOne(1);
  expect(handed).toEqual([1, 2]);
  handledOne(2);
  expect(handed).toEqual([1, 2, 3]);
});

test('a letter that is never settled does not hold up those behind it after its desk has looked from the beginning', () => {
  const { desks, handed, handledOne } = sized(800, 100, 150, 100);
  expect(handed).toEqual([1, 2]);
  desks.rewind();
  handledOne(2);
  expect(handed).toEqual([1, 2, 3]);
});
