/**
 * Questions of this node to the broker: kept until they are answered, over changes of the broker.
 *
 * Made by the swarm's behavior, which sends them. Invariant: each question ends once: answered, failed, or out of time; of
 * answers only those of the broker of the moment count, which all of them were sent to.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { swarmLimits } from './limits.ts';
import { encodeQuestion } from './question-wire.ts';
import type { Answer } from './shared.ts';

interface Question {
  readonly verb: string;
  readonly bytes: Uint8Array;
  readonly until: number;
  readonly reply: Answer;
}

export class Questions {
  private readonly waiting = new Map<number, Question>();
  private lastNumber = 0;
  private readonly isBroker: (node: NodeId) => boolean;

  constructor(isBroker: (node: NodeId) => boolean) {
    this.isBroker = isBroker;
  }

  /** The bytes to be sent, or undefined: the question has failed already. */
  add(verb: string, input: unknown, reply: Answer, now: number): Uint8Array | undefined {
    if (this.waiting.size >= swarmLimits.swarmQuestionsMax) {
      const text = `${swarmLimits.swarmQuestionsMax} questions wait for the broker already`;
      reply.fail(failure('SKEIN_BUSY', text));
      return undefined;
    }
    const number = ++this.lastNumber;
    const bytes = encodeQuestion(number, verb, JSON.stringify(input));
    if (bytes.length > swarmLimits.swarmQuestionBytesMax) {
      const text = `${verb}: the input has ${bytes.length} bytes; at most ${swarmLimits.swarmQuestionBytesMax} fit`;
      reply.fail(failure('SKEIN_TOO_LARGE', text));
      return undefined;
    }
    this.waiting.set(number, { verb, bytes, until: now + swarmLimits.swarmQuestionMs, reply });
    return bytes;
  }

  /** All that are not answered, in order. */
  *all(): Iterable<Uint8Array> {
    for (const { bytes } of this.waiting.values()) yield bytes;
  }

  answered(from: NodeId, number: number, json: string): void {
    if (this.isBroker(from)) this.take(number)?.answer(json);
  }

  failed(from: NodeId, number: number, why: Failure): void {
    if (this.isBroker(from)) this.take(number)?.fail(why);
  }

  failAll(why: Failure): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reply } of all) reply.fail(why);
  }

  nextDeadline(): number {
    const [first] = this.waiting.values();
    return first?.until ?? Number.POSITIVE_INFINITY;
  }

  /** @param hasBroker Whether there is somebody who could have answered. */
  deadline(now: number, hasBroker: boolean): void {
    for (const [number, { verb, until, reply }] of this.waiting) {
      if (until > now) return;
      this.waiting.delete(number);
      const seconds = swarmLimits.swarmQuestionMs / 1000;
      const why = hasBroker ? 'the broker of the swarm did not answer' : 'the swarm has no broker';
      reply.fail(failure('SKEIN_TIMEOUT', `${verb}: ${why} within ${seconds} s`));
    }
  }

  private take(number: number): Answer | undefined {
    const question = this.waiting.get(number);
    this.waiting.delete(number);
    return question?.reply;
  }
}
