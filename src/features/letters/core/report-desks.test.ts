import { expect, test } from 'vitest';
import type { Member } from '../../swarm/core/shared.ts';
import type { Unheard } from './letters-types.ts';
import { ReportDesks } from './report-desks.ts';

const author = { node: 1, life: 7, run: 1, name: 'a' } as unknown as Member;
const oneReport = { reports: [{ report: 1 }], dropped: 0 } as unknown as Unheard;

function opened() {
  const reads: ((found: Unheard | undefined) => void)[] = [];
  const sent: (() => void)[] = [];
  const desks = new ReportDesks({
    unheard: (_author, then) => reads.push(then),
    send: (_end, _found, processed) => sent.push(processed),
  });
  return { desks, reads, sent, read: (found: Unheard | undefined) => reads.shift()?.(found) };
}

test('an author that asks again and again gets no second message before it has processed the first', () => {
  const { desks, reads, sent, read } = opened();
  desks.open(author);
  desks.open(author);
  expect(reads).toHaveLength(1);
  read(oneReport);
  for (let i = 0; i < 1000; i++) desks.open(author);
  desks.news(['a']);
  expect([reads.length, sent.length]).toEqual([0, 1]);
  sent[0]?.();
  expect(reads).toHaveLength(1);
});

test('an author that has a message and does not ask again gets nothing more, whatever ends', () => {
  const { desks, reads, sent, read } = opened();
  desks.open(author);
  read(oneReport);
  sent[0]?.();
  desks.news(['a']);
  desks.again();
  desks.here(author.node);
  expect(reads).toEqual([]);
  desks.open(author);
  expect(reads).toHaveLength(1);
});

test('what ends while it is read is read again, and what is read of a desk that was closed is not sent', () => {
  const { desks, reads, sent, read } = opened();
  desks.open(author);
  desks.news(['a']);
  read({ reports: [], dropped: 0 });
  expect(reads).toHaveLength(1);
  desks.close(author.node);
  read(oneReport);
  desks.open({ ...author, life: 8 });
  read(undefined);
  expect(sent).toEqual([]);
  desks.again();
  read(oneReport);
  expect(sent).toHaveLength(1);
});

test('what was dropped on its way is sent again once its author is here', () => {
  const { desks, sent, read } = opened();
  desks.open(author);
  read(oneReport);
  desks.dropped(author.node);
  sent[0]?.();
  desks.here(author.node);
  read(oneReport);
  expect(sent).toHaveLength(2);
});
