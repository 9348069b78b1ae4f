/**
 * Identities: durable keys of nodes, which outlive their incarnations and tell two nodes of one name apart.
 *
 * A behavior. A node shows its identity in its announcement once something asks for it, so that every node can check
 * it, and keeps the checked identities of those that can be reached. Invariant: a proof counts for the very incarnation
 * that has announced it; one that does not hold counts as none.
 */
import type {
  Behavior,
  BehaviorAgent,
  DiagnosticCalls,
  KernelEvent,
  LifecycleCalls,
  MeshCalls,
  RecordSigner,
} from '../../../kernel/contracts.ts';
import { digestOf, type Instance, type NodeId } from '../../../kernel/identity.ts';
import { equalBytes } from '../../../kernel/wire/bytes.ts';
import { type IdentityId, prove, provenBy } from './proof.ts';
import type { IdentityCore } from './shared.ts';

export const identityFeature = 'identity';

/** The durable key of the node of this name: read or made when it is first asked for. @throws Error that says why not. */
export type IdentityKey = (name: string) => RecordSigner;

/** A section as the incarnation has announced it that is there now. */
interface Checked {
  readonly instance: Instance;
  readonly section: Uint8Array;
  /** Undefined: the proof does not hold. */
  readonly identity: IdentityId | undefined;
}

export interface IdentityParts {
  /** Checks proofs. Undefined: nothing is signed here, and no node has an identity. */
  readonly signer: RecordSigner | undefined;
  /** Undefined: this node has no identity. */
  readonly key: IdentityKey | undefined;
}

export class Identity implements Behavior, IdentityCore {
  readonly name = identityFeature;
  readonly lifecycle: LifecycleCalls = {
    started: (agent) => {
      this.agent = agent;
    },
  };
  readonly mesh: MeshCalls = {
    // Not `announced`: of another incarnation the same section is another proof.
    event: (_agent, event) => {
      if (event.type === 'sections-changed') this.sectionsChanged(event);
    },
  };
  readonly diagnostics: DiagnosticCalls = {
    status: () => ({ identity: this.own, proven: this.provenCount, unproven: this.unproven }),
  };
  private readonly parts: IdentityParts;
  private agent!: BehaviorAgent;
  private own: IdentityId | undefined;
  private isUsed = false;
  /** Of reachable nodes. */
  private readonly checked = new Map<NodeId, Checked>();
  private readonly followers: ((node: NodeId) => void)[] = [];
  /** Sections that were malformed, or of somebody else. */
  private unproven = 0;

  constructor(parts: IdentityParts) {
    this.parts = parts;
  }

  get canCheck(): boolean {
    return this.parts.signer !== undefined;
  }

  use(): void {
    const { key, signer } = this.parts;
    if (this.isUsed || key === undefined || signer === undefined) return;
    this.isUsed = true;
    const { self } = this.agent;
    try {
      const own = key(self.name);
      this.agent.announce(prove(self, own));
      this.own = digestOf(own.publicKey);
    } catch (error) {
      const text = `this node goes without an identity: ${(error as Error).message}`;
      return this.agent.log('warn', text);
    }
    for (const follower of this.followers) follower(self.id);
  }

  identityOf(node: NodeId): IdentityId | undefined {
    if (node === this.agent.self.id) return this.own;
    const checked = this.checked.get(node);
    return checked?.instance === this.agent.directory.get(node)?.instance ? checked?.identity : undefined;
  }

  onProven(follower: (node: NodeId) => void): void {
    this.followers.push(follower);
  }

  private sectionsChanged({ node, after }: Extract<KernelEvent, { type: 'sections-changed' }>): void {
    const { agent, checked } = this;
    const { signer } = this.parts;
    const entry = agent.directory.get(node);
    const section = after.get(this.name);
    if (node === agent.self.id || signer === undefined) return;
    const known = checked.get(node);
    if (section === undefined || entry?.reachable !== true) return void checked.delete(node);
    // Records change often, and a signature costs much.
    if (known?.instance === entry.instance && equalBytes(known.section, section)) return;
    const identity = provenBy(entry, section, signer);
    checked.set(node, { instance: entry.instance, section, identity });
    if (identity === undefined) {
      this.unproven++;
      return;
    }
    for (const follower of this.followers) follower(node);
  }

  private get provenCount(): number {
    let count = 0;
    for (const { identity } of this.checked.values()) if (identity !== undefined) count++;
    return count;
  }
}
