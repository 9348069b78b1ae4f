/**
 * A scenario as the stages play it: who there is, what happens when, what must come of it.
 *
 * Who calls it: `parse.ts` makes it from a file, the director plays it. Invariant: every name in it is that
 * of a member, every duration is in milliseconds, every share is from 0 to 1; nothing is left to look up.
 */
import type { LieKind } from '../../world/faults/lies.ts';

/** A scenario that was read and checked: members, a network, and steps. */
export interface Scenario {
  /** Its name, for reports. */
  readonly name: string;
  /** What it shows, for reports. Undefined: it does not say. */
  readonly about: string | undefined;
  /** The seed that it is played with, unless another is given. */
  readonly seed: number;
  /** Mean one-way delay in milliseconds, and share of packets lost, 0 to 1. */
  readonly network: { readonly latencyMs: number; readonly loss: number };
  /** Twins included; they are started by their own step only. */
  readonly members: readonly ScenarioMember[];
  /** What happens and what is expected, in order. */
  readonly steps: readonly Step[];
}

/** A machine with one program on it, running or not. */
export interface ScenarioMember {
  readonly name: string;
  /** What its program calls itself; another than `name` for a twin. */
  readonly nodeName: string;
  readonly degree: number;
  readonly namespace: string;
  /** Finds others by datagrams. */
  readonly discovery: boolean;
  /** Members whose addresses it knows from the start. */
  readonly connect: readonly string[];
}

export interface Step {
  /** Where it stands in the file, for messages: `steps[3]`. */
  readonly path: string;
  /** Not before this time since the beginning. */
  readonly at: number;
  /** Not before this long after the step before. */
  readonly after: number;
  readonly action: Action;
}

export type Action =
  | { readonly verb: 'start'; readonly who: readonly string[]; readonly everyMs: number }
  | {
      readonly verb: 'stop' | 'crash' | 'vanish' | 'restart' | 'resume';
      readonly who: readonly string[];
    }
  | { readonly verb: 'pause'; readonly who: readonly string[]; readonly forMs: number | undefined }
  | {
      readonly verb: 'partition';
      readonly sides: readonly (readonly string[])[];
      readonly as: string;
      readonly forMs: number | undefined;
    }
  | {
      readonly verb: 'oneWay';
      readonly from: readonly string[];
      readonly to: readonly string[];
      readonly as: string;
      readonly forMs: number | undefined;
    }
  | {
      readonly verb: 'flap';
      readonly who: readonly string[];
      readonly everyMs: number;
      readonly as: string;
      readonly forMs: number | undefined;
    }
  | {
      readonly verb: 'loss';
      readonly share: number;
      readonly as: string;
      readonly forMs: number | undefined;
    }
  | {
      readonly verb: 'lie';
      readonly who: string;
      readonly kinds: readonly LieKind[];
      readonly as: string;
      readonly forMs: number | undefined;
    }
  /** `which`: what `as` called it; undefined for every fault there is. */
  | { readonly verb: 'heal'; readonly which: string | undefined }
  | { readonly verb: 'twin'; readonly of: string; readonly as: string }
  | SendAction
  | { readonly verb: 'dial' | 'hangup'; readonly from: string; readonly to: string }
  | {
      readonly verb: 'expect';
      readonly expect: Expectation;
      readonly withinMs: number;
      /** Must then hold for this long. */
      readonly forMs: number;
    };

export interface SendAction {
  readonly verb: 'send';
  readonly from: string;
  /** Undefined: a broadcast. */
  readonly to: readonly string[] | undefined;
  readonly as: string;
  readonly timeoutMs: number;
  /** `delivered`, or the code of the error; undefined where anything will do. */
  readonly outcome: string | undefined;
  /** Exactly these have no receipt. */
  readonly missing: readonly string[] | undefined;
}

/** Members, or everyone who runs and can be asked at that moment. */
export type Selection = readonly string[] | 'all';

/** All that is given must hold at one moment. */
export interface Expectation {
  readonly together?: readonly Selection[];
  readonly knows?: Readonly<Record<string, Selection>>;
  readonly knowsNot?: Readonly<Record<string, Selection>>;
  readonly components?: number;
  readonly links?: number;
  readonly linked?: Readonly<Record<string, Selection>>;
  readonly notLinked?: Readonly<Record<string, Selection>>;
  readonly delivered?: Readonly<Record<string, Selection>>;
  readonly running?: readonly string[];
  readonly ended?: Readonly<Record<string, string>>;
  readonly lost?: readonly string[];
  readonly neverLost?: readonly string[];
}
