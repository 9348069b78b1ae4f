/** Findings in one sentence. Who calls it: `explain`. The findings say it; this only strings them together. */
import type { Finding } from '../kernel/contracts.ts';

export function summarize(self: string, node: string | undefined, findings: readonly Finding[]): string {
  if (node === self) return `${self} is this node itself`;
  const subject = node === undefined ? self : `${node}, seen from ${self}`;
  if (findings.length === 0) return `${subject}: nothing is known`;
  return `${subject}: ${findings.map((finding) => finding.text).join('; ')}`;
}
