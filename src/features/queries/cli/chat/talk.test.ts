/** Which conversation of a chat is current, whatever arrives meanwhile. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { SkeinNode } from '../../../../node/node.ts';
import { type Said, Talk } from './talk.ts';

const [one, two] = ['1'.repeat(32), '2'.repeat(32)] as const;
const { signal } = new AbortController();

/** The swarm, as node a sees it: who takes part in what. */
class Swarm {
  readonly rooms = new Map<string, string[]>();
  /** What `converse` waits for. */
  ready: Promise<void> = Promise.resolve();
  isGone = false;
  handle: (letter: object) => Promise<void> = async () => undefined;

  readonly node = {
    name: 'a',
    letters: {
      converse: async (names: readonly string[]) => {
        await this.ready;
        this.rooms.set(one, ['a', ...names]);
        return this.room(one);
      },
      conversation: (id: string) => this.room(id),
      conversations: async () =>
        [...this.rooms].map(([id, participants]) => ({ id, participants, startedAt: 0, startedBy: 'a' })),
      status: async () => {
        throw new Error('the broker is gone');
      },
      handle: (handler: (letter: object) => Promise<void>) => {
        this.handle = handler;
      },
    },
  } as unknown as SkeinNode;

  private room(id: string) {
    const participants = (): string[] => {
      if (this.isGone) throw new Error('the broker is gone');
      return this.rooms.get(id) ?? [];
    };
    return {
      id,
      participants: async () => participants(),
      say: async () => ({ id: '0' }),
      leave: async () => {
        this.rooms.set(
          id,
          participants().filter((name) => name !== 'a'),
        );
      },
    };
  }
}

let swarm: Swarm;
let heard: Said[];
beforeEach(() => {
  swarm = new Swarm();
  heard = [];
});

function talkWith(...guests: string[]): Talk {
  const talk = new Talk(swarm.node, guests);
  talk.listen(async (said) => void heard.push(said));
  return talk;
}

/** What is shown of a letter that b or somebody else has said there. */
async function arrives(id: string, from = 'b'): Promise<Said | undefined> {
  await swarm.handle({ conversation: id, type: `conversation.${id}`, from, body: 'hello' });
  return heard.at(-1);
}

describe('what arrives', () => {
  test('is joined where no conversation is current', async () => {
    const talk = talkWith();
    swarm.rooms.set(two, ['a', 'b']);
    const current = { id: two, participants: ['a', 'b'] };
    expect(await arrives(two)).toMatchObject({ elsewhere: undefined, notice: { type: 'joined', current } });
    expect(talk.isCurrent(two)).toBe(true);
    expect(await arrives(two)).toMatchObject({ elsewhere: undefined, notice: undefined });
  });

  test('never takes the place of the current conversation, and is shown as another one, once with how to go there', async () => {
    const talk = talkWith('b');
    await talk.say('hello', signal);
    swarm.rooms.set(two, ['a', 'c']);
    expect(await arrives(two, 'c')).toMatchObject({ elsewhere: two, notice: { type: 'elsewhere' } });
    expect(await arrives(two, 'c')).toMatchObject({ elsewhere: two, notice: undefined });
    expect(talk.isCurrent(one)).toBe(true);
    await talk.goOn(two.slice(0, 4), signal);
    expect(await arrives(two, 'c')).toMatchObject({ elsewhere: undefined, notice: undefined });
  });

  test('never takes the place of one that was asked for and not begun yet', async () => {
    const talk = talkWith('c');
    swarm.rooms.set(two, ['a', 'b']);
    expect(await arrives(two)).toMatchObject({ elsewhere: two });
    await talk.say('hello', signal);
    expect(swarm.rooms.get(one)).toEqual(['a', 'c']);
  });

  test('does not bring a node back into a conversation that it has left', async () => {
    const talk = talkWith();
    swarm.rooms.set(two, ['a', 'b']);
    await arrives(two);
    await talk.leave();
    expect(await arrives(two)).toMatchObject({ elsewhere: two });
    expect(await talk.who()).toEqual({ type: 'none', guests: [] });
  });

  test('is shown, and names its author, where nobody can be asked who takes part', async () => {
    const talk = talkWith('b');
    await talk.say('hello', signal);
    swarm.isGone = true;
    expect(await arrives(one, 'c')).toMatchObject({ notice: { type: 'newcomers', names: ['c'] } });
    await expect(talk.who()).rejects.toThrow('the broker is gone');
    const other = talkWith();
    expect(await arrives(two)).toMatchObject({ elsewhere: two });
    expect(other.isCurrent(two)).toBe(false);
  });

  test('names all who have come since', async () => {
    await talkWith('b').say('hello', signal);
    swarm.rooms.set(one, ['a', 'b', 'c', 'd']);
    expect(await arrives(one, 'c')).toMatchObject({ notice: { type: 'newcomers', names: ['c', 'd'] } });
    expect(await arrives(one, 'd')).toMatchObject({ notice: undefined });
  });

  test('under the type of no conversation is refused', async () => {
    talkWith();
    const letter = { type: 'conversation.none', from: 'b', body: 'hello' };
    await expect(swarm.handle(letter)).rejects.toMatchObject({ code: 'SKEIN_REFUSED' });
    expect(heard).toEqual([]);
  });
});

describe('what is typed', () => {
  test('is stored, though nobody can say for whom', async () => {
    expect(await talkWith('b').say('hello', signal)).toBeUndefined();
  });

  test('that was interrupted changes no current conversation later', async () => {
    const talk = talkWith('b');
    const controller = new AbortController();
    let goOn = (): void => undefined;
    swarm.ready = new Promise((resolve) => {
      goOn = resolve;
    });
    const saying = talk.say('hello', controller.signal);
    controller.abort(new Error('interrupted'));
    goOn();
    await expect(saying).rejects.toThrow('interrupted');
    expect(await talk.who()).toEqual({ type: 'none', guests: ['b'] });
  });

  test('goes on with no conversation that all have left', async () => {
    await expect(talkWith().goOn(two, signal)).rejects.toThrow(/^there is no conversation 2{32}/);
    await expect(talkWith().leave()).rejects.toThrow('there is no conversation to leave');
    await expect(talkWith().say('hello', signal)).rejects.toThrow(
      'nobody else takes part: invite NAME first',
    );
  });
});
