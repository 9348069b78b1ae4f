import { expect, test } from 'vitest';
import type { ConnectionAgent } from '../../../kernel/contracts.ts';
import { idOf } from '../../../kernel/identity.ts';
import { encodeAnnouncement } from '../../../kernel/routing/announcement.ts';
import { Records } from '../../../kernel/routing/records.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import { Exchange } from './exchange.ts';
import { TopologyType } from './messages.ts';

const now = 0;

/** One end of a link: what it sends waits until it is passed on. */
class End {
  readonly records = new Records();
  readonly exchange = new Exchange(this.records);
  readonly sent: Frame[] = [];
  private readonly agent = {
    sendHere: (payload: Uint8Array, { type }: { type: number }) => this.sent.push({ type, payload } as Frame),
    tellBehavior: () => undefined,
  } as unknown as ConnectionAgent;

  open(): void {
    this.exchange.opened(this.agent);
  }

  take(frames: readonly Frame[]): void {
    for (const frame of frames) this.exchange.message(this.agent, frame);
  }

  /** Hears of a change and floods it. */
  hear(name: string): void {
    const record = {
      ...{ id: idOf(name), name, namespace: 'n', instance: '0123456789abcdef', epoch: 1, sequence: 1 },
      ...{ left: false, version: '1', addresses: [], links: [], services: [], sections: new Map() },
    };
    this.records.put(record, encodeAnnouncement(record), now);
    this.exchange.queue(record.id);
    this.exchange.flush(now);
  }
}

/** Both ways, until nothing is under way. */
function settle(a: End, b: End): void {
  while (a.sent.length + b.sent.length > 0) {
    b.take(a.sent.splice(0));
    a.take(b.sent.splice(0));
  }
}

const typesOf = (end: End): number[] => end.sent.map(({ type }) => type);

function linked(): [End, End] {
  const ends: [End, End] = [new End(), new End()];
  for (const end of ends) end.open();
  return ends;
}

test('a new link floods nothing before the other end has said what it has', () => {
  const [a, b] = linked();
  a.hear('c');
  expect(typesOf(a)).toEqual([TopologyType.summary]);
  settle(a, b);
  a.hear('d');
  expect(typesOf(a)).toEqual([TopologyType.records]);
});

test('an end that lost the link and opened another is told what the other has, who only replaced it', () => {
  const [a, b] = linked();
  settle(a, b);
  const again = new End();
  again.open();
  settle(a, again);
  again.hear('c');
  expect(typesOf(again)).toEqual([TopologyType.records]);
});

test('a summary that comes twice, late and over a link that is no more, does not go back and forth', () => {
  const [a, b] = linked();
  const late = b.sent.slice();
  settle(a, b);
  a.take(late);
  const answer = a.sent.splice(0);
  expect(answer).toHaveLength(1);
  b.take(answer);
  expect(b.sent).toEqual([]);
});

test('equal digests are as good as a summary', () => {
  const [a, b] = linked();
  b.sent.length = 0;
  b.exchange.sendDigest();
  a.take(b.sent.splice(0));
  a.sent.length = 0;
  a.hear('c');
  expect(typesOf(a)).toEqual([TopologyType.records]);
});
