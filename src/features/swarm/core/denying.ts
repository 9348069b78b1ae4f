/**
 * Who is denied, as the swarm has it: its program's wishes, and the copy in the store.
 *
 * Made by the swarm's behavior. A change counts in the mesh whether the store can be written or not: the denials feature
 * carries it, and the broker writes what it hears. Invariant: a broker with an open store has in it all that its list has,
 * and the other way round.
 */
import type { BehaviorAgent, Reply, StoreCompletion } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { idOf } from '../../../kernel/identity.ts';
import type { Denial, DenialsCore } from '../../denials/core/shared.ts';
import { swarmLimits } from './limits.ts';
import type { SwarmCore } from './shared.ts';
import type { DenialChange, DenyRequest, SwarmShape } from './swarm-types.ts';

type Completion = StoreCompletion<SwarmShape['store']>;

export interface DenyingPorts {
  readonly denials: DenialsCore;
  agent(): BehaviorAgent<SwarmShape>;
  readonly swarm: Pick<SwarmCore, 'want' | 'use' | 'office' | 'broker' | 'ask'>;
  stored<Verb extends 'deny' | 'denials'>(
    verb: Verb,
    input: Parameters<SwarmShape['store'][Verb]>[0],
    then: (completion: Completion) => void,
  ): void;
}

type Denied = (outcome: Denial | Failure) => void;

export class Denying {
  private readonly ports: DenyingPorts;

  constructor(ports: DenyingPorts) {
    this.ports = ports;
    ports.denials.onChanged((changed) => this.changed(changed));
  }

  /** For the program. */
  deny({ name, identity }: DenyRequest, reply: Reply<Denial>): void {
    const { denials, agent, swarm } = this.ports;
    const done: Denied = (outcome) => settle(reply, outcome);
    swarm.want();
    if (name === agent().self.name)
      return done(
        failure('SKEIN_INVALID', `${name} is this node itself: run skein node deny on another node`),
      );
    const known = identity ?? denials.identityOf(name);
    if (known !== undefined) return done(denials.deny(name, known));
    if (swarm.broker !== undefined) return this.askBroker(name, done);
    this.denyWhatIsKnown(name, '', done);
  }

  allow(nameOrIdentity: string, reply: Reply<readonly Denial[]>): void {
    const { agent, denials, swarm } = this.ports;
    const { name } = agent().self;
    swarm.want();
    if (nameOrIdentity === name || nameOrIdentity === denials.identityOf(name))
      return reply.fail(
        failure('SKEIN_INVALID', `${name} is this node itself: run skein node allow on another node`),
      );
    settle(reply, denials.allow(nameOrIdentity));
  }

  denied(): readonly Denial[] {
    return this.ports.denials.denied();
  }

  /** The store has opened: what it has counts, and what this member knows besides is written. */
  opened(): void {
    this.ports.stored('denials', swarmLimits.swarmDenialsMax, (completion) => {
      if (!completion.ok || completion.verb !== 'denials') return;
      this.ports.denials.learn(completion.value);
      this.write(this.ports.denials.entries());
    });
  }

  /** A name that nobody has seen is mostly a typo; its identity is the one that it is pinned to. */
  private askBroker(name: string, done: Denied): void {
    this.ports.swarm.ask(
      'identity',
      { name },
      {
        answer: (json) => {
          const { identity, isSeen } = identityAnswer(json);
          if (identity === '' && !isSeen) this.denyWhatIsKnown(name, '', done);
          else done(this.ports.denials.deny(name, identity));
        },
        // The mesh can shut it out without a broker.
        fail: () => this.denyWhatIsKnown(name, '', done),
      },
    );
  }

  private denyWhatIsKnown(name: string, identity: string, done: Denied): void {
    const { agent, denials } = this.ports;
    if (agent().directory.get(idOf(name)) !== undefined) return done(denials.deny(name, identity));
    const text = `no node named ${name} was ever here: see skein node ls --all; to deny it all the same give its identity`;
    done(failure('SKEIN_UNKNOWN_NODE', text));
  }

  private changed(changed: readonly Denial[]): void {
    const { swarm } = this.ports;
    const { state } = swarm.office;
    if (state === 'open') this.write(changed);
    // Once it is open, all is written.
    else if (state === 'unused') swarm.use();
  }

  private write(denials: readonly Denial[]): void {
    if (denials.length === 0) return;
    const changes = denials.map((denial) => this.changeOf(denial));
    this.ports.stored('deny', changes, (completion) => {
      if (completion.ok) return;
      const text = `who is denied is not in the store: ${completion.failure.message}`;
      this.ports.agent().log('error', text);
    });
  }

  private changeOf(denial: Denial): DenialChange {
    const { name, identity, isDenied, by } = denial;
    const { wallNow, self } = this.ports.agent();
    const type = isDenied ? 'node.denied' : 'node.allowed';
    const note = identity === '' ? '' : `identity ${identity}`;
    const at = Math.floor(wallNow);
    return {
      denial,
      event: { type, at, author: by, subject: name, recipients: [], trace: [self.name], note },
    };
  }
}

function settle<Value extends object>(reply: Reply<Value>, outcome: Value | Failure): void {
  if ('code' in outcome) reply.fail(outcome);
  else reply.answer(outcome);
}

/** Of a broker that may be of another version, or lie. */
function identityAnswer(json: string): { readonly identity: string; readonly isSeen: boolean } {
  try {
    const { identity, isSeen } = (JSON.parse(json) ?? {}) as { identity?: unknown; isSeen?: unknown };
    const isIdentity = typeof identity === 'string' && /^[0-9a-f]{32}$/.test(identity);
    return { identity: isIdentity ? identity : '', isSeen: isSeen === true };
  } catch {
    return { identity: '', isSeen: false };
  }
}
