/** The flags of `skein log`, and the filter that they make. */
import type { NodeChoice, PrintChoice } from '../../../cli/kit/command.ts';

export interface LogFlags extends NodeChoice, PrintChoice {
  readonly type?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly about?: string;
  readonly subject?: string;
  /** Unix milliseconds. */
  readonly since?: number;
  /** Unix milliseconds. */
  readonly until?: number;
  readonly last?: number;
  readonly after?: string;
  readonly follow?: boolean;
  readonly count?: number;
  readonly keep?: string;
  readonly out?: string;
}

export function filterOf({ type, from, to, about, subject, since, until }: LogFlags) {
  return {
    ...(type === undefined ? {} : { type: [...type] }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(about === undefined ? {} : { node: about }),
    ...(subject === undefined ? {} : { subject }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}
