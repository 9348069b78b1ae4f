/** What is said of an order that no worker could run, to a person who types. */
import { SkeinError } from '../../../kernel/index.ts';

/** @param option How the order would wait all the same, instead of the option as programs write it. */
export function infeasibleSaid(problem: unknown, option: string): unknown {
  if (!(problem instanceof SkeinError) || problem.code !== 'SKEIN_INFEASIBLE') return problem;
  const message = problem.message.replace("ifInfeasible: 'queue'", option);
  return new SkeinError(problem.code, message, { cause: problem });
}
