/**
 * What a step does, in a few words: for the report, the picture and error lines.
 *
 * Who calls it: the director. Invariant: one line, and short enough to stand beside a band of the picture.
 */
import type { Action, Expectation, Selection } from './scenario.ts';

/** More names than this are counted instead. */
const namesShownMax = 4;

export function actionText(action: Action): string {
  switch (action.verb) {
    case 'start':
    case 'stop':
    case 'crash':
    case 'vanish':
    case 'restart':
    case 'pause':
    case 'resume':
      return `${action.verb} ${names(action.who)}`;
    case 'partition':
      return `partition ${action.sides.map(names).join(' | ')}`;
    case 'oneWay':
      return `one-way: ${names(action.from)} unheard by ${names(action.to)}`;
    case 'flap':
      return `flap ${names(action.who)} every ${seconds(action.everyMs)}`;
    case 'loss':
      return `loss ${Number((action.share * 100).toFixed(1))}%`;
    case 'lie':
      return `${action.who} lies: ${action.kinds.join(', ')}`;
    case 'heal':
      return `heal ${action.which ?? 'all'}`;
    case 'twin':
      return `twin of ${action.of} as ${action.as}`;
    case 'send':
      return `${action.as}: ${action.from} ${action.to === undefined ? 'broadcasts' : `sends to ${names(action.to)}`}`;
    case 'dial':
    case 'hangup':
      return `${action.from} ${action.verb === 'dial' ? 'dials' : 'hangs up on'} ${action.to}`;
    case 'expect':
      return expectationText(action.expect);
  }
}

export function expectationText(expect: Expectation): string {
  const parts = Object.entries(expect).map(([field, value]) => `${field} ${valueText(value)}`);
  return parts.join(', ');
}

export function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(3))} s`;
}

/** `n1..n9` would be shorter, but names need not be numbered. */
function names(selection: Selection): string {
  if (selection === 'all') return 'all';
  if (selection.length > namesShownMax) return `${selection[0]}..${selection.at(-1)} (${selection.length})`;
  return selection.join(',') || 'nobody';
}

function valueText(value: Expectation[keyof Expectation]): string {
  if (typeof value === 'number') return String(value);
  if (isGroups(value)) return value.map(names).join(' | ');
  if (Array.isArray(value)) return names(value);
  return Object.entries(value as Record<string, Selection | string>)
    .map(([name, chosen]) => `${name}: ${typeof chosen === 'string' ? chosen : names(chosen)}`)
    .join('; ');
}

function isGroups(value: unknown): value is readonly Selection[] {
  return Array.isArray(value) && (Array.isArray(value[0]) || value[0] === 'all');
}
