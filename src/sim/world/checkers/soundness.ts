/**
 * Soundness: no behavior of an honest node throws, and honest nodes never send each other what makes no sense.
 *
 * Who calls it: it listens to the mesh, all the time. Invariant: no fault excuses either. A kernel catches what
 * a behavior throws and ends a link for what came over it; both go on, so that only the log and the reason
 * show that code is wrong. Who has ever lied, and whoever bears that name, proves nothing about links.
 */
import type { LogLevel } from '../../../kernel/contracts.ts';
import type { Life, Member } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { type CheckCounts, count } from './checkers.ts';

/** As the kernel says it. */
const thrown = /^behavior \S+ threw: /;
/** Of a stack: what was thrown, and where. */
const linesMax = 3;

export class Soundness {
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly liarNames = new Set<string>();

  constructor(mesh: Mesh, checks: CheckCounts) {
    this.mesh = mesh;
    this.checks = checks;
    mesh.observers.push({
      lied: ({ node }) => this.liarNames.add(node.name),
      logged: (member, level, text) => this.logged(member, level, text),
      linkDown: (life, name, reason) => this.linkDown(life, name, reason),
    });
  }

  private logged(member: Member, level: LogLevel, text: string): void {
    if (level !== 'error' || !thrown.test(text)) return;
    this.mesh.world.fail(`${member.name}: ${text.split('\n').slice(0, linesMax).join('\n')}`);
  }

  private linkDown(life: Life, name: string, reason: string): void {
    if (this.liarNames.has(name) || this.liarNames.has(life.node.name)) return;
    count(this.checks, 'no honest link ends for what came over it', 1);
    if (reason !== 'protocol') return;
    this.mesh.world.fail(`${life.member.name} and ${name} ended their link for what came over it`);
  }
}
