/**
 * The live picture: who is up, who is linked to whom, how the messages go, and the last things told.
 *
 * Drawn by `demo.ts` on a terminal. Pure: a scene in, one screen of text out.
 */
import type { Topology } from '../../node/node.ts';
import { plural, printable, table } from '../kit/output.ts';

export interface Scene {
  readonly names: readonly string[];
  readonly lost: string | undefined;
  readonly topology: Topology;
  readonly traffic:
    | {
        readonly source: string;
        readonly destination: string;
        readonly sent: number;
        readonly delivered: number;
        readonly missing: number;
        readonly route: readonly string[];
      }
    | undefined;
  readonly told: readonly string[];
  readonly size: { readonly columns: number; readonly rows: number };
}

const clearScreen = '\u001b[H\u001b[J';

/** From the upper left corner, each line cut or broken at the width, so that nothing wraps and flickers. */
export function drawScene(scene: Scene): string {
  const head = ['skein demo: five nodes, found by UDP alone, degree 2 (Ctrl-C ends)', ''];
  const body = [...drawNodes(scene).split('\n'), '', drawTraffic(scene), ''];
  const room = Math.max(1, scene.size.rows - head.length - body.length - 1);
  const { columns } = scene.size;
  const told = scene.told.flatMap((line) => broken(printable(line), columns)).slice(-room);
  const lines = [...head, ...body, ...told];
  return clearScreen + lines.map((line) => printable(line).slice(0, columns)).join('\n');
}

/** Between words, where that goes; what goes on is indented. */
function broken(line: string, columns: number): string[] {
  if (line.length <= columns) return [line];
  const space = line.lastIndexOf(' ', columns);
  const at = space > columns / 2 ? space : columns;
  return [line.slice(0, at), ...broken(`    ${line.slice(at).trimStart()}`, columns)];
}

function drawNodes({ names, lost, topology, traffic }: Scene): string {
  const rows = names.map((name) => {
    const links = topology[name] ?? [];
    const state = name === lost ? 'down' : links.length > 0 ? 'up' : 'alone';
    return [name, state, links.join(' ') || '-', roleOf(name, traffic)];
  });
  return table(['NODE', 'STATE', 'LINKED TO', 'MESSAGES'], rows);
}

function roleOf(name: string, traffic: Scene['traffic']): string {
  if (traffic === undefined) return '';
  if (name === traffic.source) return `sends: ${traffic.sent}`;
  if (name === traffic.destination) return `receives: ${traffic.delivered}`;
  return traffic.route.includes(name) ? 'relays' : '';
}

function drawTraffic({ traffic }: Scene): string {
  if (traffic === undefined || traffic.route.length === 0) return 'no messages yet';
  const { route, delivered, missing } = traffic;
  const result = `${delivered} delivered, ${missing} missing`;
  return `${route.join(' -> ')}   ${plural(route.length - 1, 'hop')}, ${result}`;
}
