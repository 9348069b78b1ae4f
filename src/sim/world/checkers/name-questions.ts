/**
 * When the bearers of a name were asked whether they stay against another node of that name, and said that they do.
 *
 * Who calls it: the checker of namesakes. A question may be held up on its way for seconds, by a network that mends
 * itself; its answer binds for long, and was right for what the two were when it was asked. Invariant: of each question
 * the time counts at which it was first written, however many hops it takes; one that nobody has answered counts for
 * nothing. It reads frames and changes none.
 */
import { decodeProbe, decodeProbeReply, TopologyType } from '../../../features/topology/core/messages.ts';
import { featureNumber, type Instance } from '../../../kernel/identity.ts';
import { Frame } from '../../../kernel/wire/frame.ts';
import type { Mesh } from '../mesh.ts';
import { frameRanges } from '../network/frames.ts';

interface Question {
  readonly nonce: number;
  /** Who is to stay instead of the one that is asked. */
  readonly instance: Instance;
  readonly at: number;
  /** The one that is asked has given its word. */
  isAnswered: boolean;
}

const feature = featureNumber('topology');

export class NameQuestions {
  private readonly mesh: Mesh;
  private readonly keptMs: number;
  private readonly frame = new Frame();
  private questions: Question[] = [];

  /** @param isWanted False: no two nodes have one name, and nothing is read. */
  constructor(mesh: Mesh, keptMs: number, isWanted: () => boolean) {
    this.mesh = mesh;
    this.keptMs = keptMs;
    mesh.observers.push({
      wrote: (_life, _to, bytes) => {
        if (isWanted()) this.wrote(bytes);
      },
    });
  }

  /** When others were asked about one of these, and have said since that they stay. */
  timesOf(instances: readonly Instance[]): number[] {
    const since = this.mesh.world.now - this.keptMs;
    this.questions = this.questions.filter(({ at }) => at >= since);
    const answered = this.questions.filter((one) => one.isAnswered && instances.includes(one.instance));
    return answered.map(({ at }) => at);
  }

  private wrote(bytes: Uint8Array): void {
    for (const [start, end] of frameRanges(bytes) ?? []) {
      const { frame } = this;
      if (!frame.read(bytes, start, end)) continue;
      if (frame.feature !== feature) continue;
      if (frame.type === TopologyType.probe) this.asked(frame.payload);
      else if (frame.type === TopologyType.probeReply) this.answered(frame.payload);
    }
  }

  private asked(payload: Uint8Array): void {
    const probe = decodeProbe(payload);
    if (probe === undefined || this.questions.some(({ nonce }) => nonce === probe.nonce)) return;
    const { nonce, claim } = probe;
    this.questions.push({ nonce, instance: claim.instance, at: this.mesh.world.now, isAnswered: false });
  }

  private answered(payload: Uint8Array): void {
    const reply = decodeProbeReply(payload);
    const question = this.questions.find(({ nonce }) => nonce === reply?.nonce);
    if (question !== undefined && reply?.stays === true) question.isAnswered = true;
  }
}
