/** Who waits until the broker has heard of work. */
import { beforeEach, expect, test } from 'vitest';
import { SkeinError } from '../../../kernel/errors.ts';
import { UnheardWork } from './unheard-work.ts';

const closed = new SkeinError('SKEIN_CLOSED', 'closed');
let unheard: UnheardWork<string>;
let heard: string[];

/** Says it, and notes how that ends. */
function say(work: string, word: number): void {
  unheard.said(work, word).then(
    () => heard.push(work),
    (error: SkeinError) => heard.push(`${work} ${error.code}`),
  );
}

/** @returns What has come of what was said, since this was called last. */
async function ended(): Promise<string[]> {
  await Promise.resolve();
  return heard.splice(0);
}

beforeEach(() => {
  unheard = new UnheardWork();
  heard = [];
});

test('work is heard with its word or a later one, also where that was heard before', async () => {
  say('a', 1);
  say('b', 2);
  say('c', 4);
  unheard.known(1);
  expect(await ended()).toEqual(['a']);
  unheard.known(3);
  expect(await ended()).toEqual(['b']);
  unheard.known(2);
  say('d', 3);
  expect(await ended()).toEqual(['d']);
});

test('what was said to an earlier kernel counts for nothing, and is heard with the word that says it again', async () => {
  unheard.known(8);
  say('a', 9);
  unheard.forgotten();
  unheard.known(1);
  expect(await ended()).toEqual([]);
  unheard.saidAgain(2);
  expect(await ended()).toEqual([]);
  unheard.known(2);
  expect(await ended()).toEqual(['a']);
});

test('a word that is heard before it is known to say something again counts', async () => {
  say('a', 9);
  unheard.forgotten();
  unheard.known(2);
  unheard.saidAgain(2);
  expect(await ended()).toEqual(['a']);
});

test('work that is closed is not waited for, nor any once all has ended', async () => {
  for (const [i, work] of ['a', 'b', 'c'].entries()) say(work, i + 1);
  unheard.closed('b', closed);
  expect(await ended()).toEqual(['b SKEIN_CLOSED']);
  unheard.end(closed);
  expect(await ended()).toEqual(['a SKEIN_CLOSED', 'c SKEIN_CLOSED']);
  unheard.known(9);
  expect(await ended()).toEqual([]);
});
