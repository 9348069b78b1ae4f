/**
 * How the broker answers questions: each by who knows its verb, once the store is open and its node may act in its name.
 *
 * Made by the swarm's behavior. Invariant: a question is answered once, or not at all by a node that is not the broker any
 * more: its questioner finds that out, and asks the next one.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { LineEnd } from '../../../kernel/lines/lines.ts';
import type { Admitted } from './pins.ts';
import { encodeAnswer, encodeFailure, type SwarmMessage } from './question-wire.ts';
import type { Answer, Office, Questioner } from './shared.ts';

export type Answerer = (from: Questioner, input: unknown, reply: Answer) => void;

export interface AnsweringPorts {
  /** To one incarnation alone. */
  reply(end: LineEnd, message: Uint8Array): void;
  nameOf(node: NodeId): string | undefined;
  office(): Office;
  /** Somebody wants something of the store. */
  use(): void;
  admit(from: Questioner, act: Admitted): void;
}

export class Answering {
  private readonly ports: AnsweringPorts;
  private readonly answerers = new Map<string, Answerer>();
  /** Questions that wait until the store is open. */
  private readonly waiting: { readonly reply: Answer; readonly act: () => void }[] = [];

  constructor(ports: AnsweringPorts) {
    this.ports = ports;
  }

  by(verb: string, answerer: Answerer): void {
    this.answerers.set(verb, answerer);
  }

  question(from: LineEnd, message: Extract<SwarmMessage, { type: 'question' }>): void {
    const { number, verb, json } = message;
    const reply: Answer = {
      answer: (text) => this.ports.reply(from, encodeAnswer(number, text)),
      fail: (why) => this.ports.reply(from, encodeFailure(number, why)),
    };
    const answerer = this.answerers.get(verb);
    const name = this.ports.nameOf(from.node);
    const input = parsed(json);
    if (answerer === undefined || name === undefined || input === undefined)
      return reply.fail(failure('SKEIN_INVALID', `the swarm knows no question "${verb}"`));
    const questioner = { ...from, name };
    const act = (): void =>
      this.ports.admit(questioner, (refusal) => {
        if (refusal === undefined) answerer(questioner, input, lasting);
        else reply.fail(refusal);
      });
    const lasting: Answer = {
      answer: reply.answer,
      fail: (why) => (isPassing(why) ? this.whenOpen(reply, act) : reply.fail(why)),
    };
    this.whenOpen(reply, act);
  }

  /** The store has opened, or has failed, or is another node's. */
  officeChanged(): void {
    const office = this.ports.office();
    if (office.state === 'opening' || (office.state === 'failed' && isPassing(office.failure))) return;
    for (const { reply, act } of this.waiting.splice(0)) {
      if (office.state === 'open') act();
      else if (office.state === 'failed') reply.fail(office.failure);
    }
  }

  /** A question may be the first that anybody wants of the store. */
  private whenOpen(reply: Answer, act: () => void): void {
    this.ports.use();
    const office = this.ports.office();
    if (office.state === 'open') act();
    else if (office.state === 'failed' && !isPassing(office.failure)) reply.fail(office.failure);
    else if (office.state !== 'elsewhere') this.waiting.push({ reply, act });
  }
}

/** Another broker writes, or has written: nothing was done, and in a moment it is decided which one is to go on. */
function isPassing({ code }: Failure): boolean {
  return code === 'SKEIN_STORE_CLAIMED';
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
