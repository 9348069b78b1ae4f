/**
 * What the program and the log hear of who keeps the swarm.
 *
 * Made by the swarm's behavior. Invariant: each change is reported once.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { SwarmShape } from './swarm-types.ts';

export class KeeperReport {
  /** What was reported last. */
  private reported = textOf(undefined, undefined);

  report(agent: BehaviorAgent<SwarmShape>, keeper: string | undefined, problem: Failure | undefined): void {
    const text = textOf(keeper, problem);
    if (text === this.reported) return;
    this.reported = text;
    if (problem !== undefined) agent.log('warn', problem.message);
    agent.deliver({
      type: 'keeper',
      ...(keeper === undefined ? {} : { keeper }),
      ...(problem === undefined ? {} : { problem }),
    });
  }
}

function textOf(keeper: string | undefined, problem: Failure | undefined): string {
  return `${keeper} ${problem?.message}`;
}
