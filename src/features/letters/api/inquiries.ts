/**
 * Questions about letters, as a program asks them: what the broker answers is checked here.
 *
 * Called by the letters facade. Letters that are in this node's outbox only are answered by itself. Invariant: what a broker of another version, or one that lies, answers is an error and
 * nothing else.
 */
import { decodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { readAnswer } from '../../swarm/api/answers.ts';
import type { LetterFilter, LetterStatus } from '../api.ts';
import type { Letters } from '../core/letters.ts';
import { ownStatus } from '../core/own-letters.ts';
import type { LettersFeatureShape } from '../shape.ts';
import { bodyAnswer, changeAnswer, listAnswer, statusAnswer } from './answers.ts';
import { checkFilter, checkId } from './check-options.ts';

type Node = Pick<NodePorts<LettersFeatureShape, Letters>, 'behavior' | 'checkOpen' | 'name'>;
type Ask = (verb: string, input: unknown) => Promise<string>;

export class Inquiries {
  private readonly ask: Ask;
  private readonly node: Node;

  constructor(ask: Ask, node: Node) {
    this.ask = ask;
    this.node = node;
  }

  async status(id: string): Promise<LetterStatus | undefined> {
    checkId(id);
    this.node.checkOpen();
    const { author } = this.node.behavior;
    const kept = author.keptOne(id);
    if (kept !== undefined) return ownStatus(kept, this.node.name, { state: 'outbox' });
    const { sentOn } = author;
    return sentOn.statusOf(id) ?? this.answer('letters.status', { id: sentOn.idOf(id) }, statusAnswer);
  }

  async list(filter: LetterFilter): Promise<LetterStatus[]> {
    checkFilter(filter);
    return this.answer('letters.list', filter, listAnswer);
  }

  async body(id: string): Promise<{ readonly body: unknown } | undefined> {
    checkId(id);
    this.node.checkOpen();
    const { author } = this.node.behavior;
    const kept = author.keptOne(id);
    if (kept !== undefined) return { body: decodeBody(kept.encoding, kept.body) };
    const found = await this.answer('letters.body', { id: author.sentOn.idOf(id) }, bodyAnswer);
    return found === undefined ? undefined : { body: decodeBody(found.encoding, bytesOf(found.body)) };
  }

  retry(id: string): Promise<readonly string[]> {
    return this.change('letters.retry', id);
  }

  remove(id: string): Promise<readonly string[]> {
    return this.change('letters.remove', id);
  }

  private async change(verb: string, id: string): Promise<readonly string[]> {
    checkId(id);
    return (await this.answer(verb, { id }, changeAnswer)).recipients;
  }

  private async answer<Value>(
    verb: string,
    input: unknown,
    check: (value: unknown) => Value,
  ): Promise<Value> {
    return readAnswer(verb, await this.ask(verb, input), check);
  }
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
