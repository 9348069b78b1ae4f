/**
 * SVG as text: elements, escaped text, numbers that are short.
 *
 * Who calls it: every part of the picture. Invariant: whatever a name or a label contains, the picture stays
 * well-formed and runs nothing.
 */

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Of the font's size: how wide a character of a sans-serif is, rather more than less. */
const characterWidth = 0.58;

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === 'number' ? short(value) : escaped(value)}"`],
  );
  const content = children.join('');
  return content === '' ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${content}</${name}>`;
}

export function textAt(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(text));
}

/** What a reader sees when the pointer rests on it. */
export function tip(text: string): string {
  return element('title', {}, escaped(text));
}

export function escaped(text: string): string {
  return text.replace(/[&<>"'\p{Cc}]/gu, (character) => `&#${replaceable(character)};`);
}

/** Hundredths of a pixel are finer than any screen. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function textWidth(text: string, fontSize: number): number {
  return text.length * fontSize * characterWidth;
}

/** As much as fits, with an ellipsis for the rest; empty where hardly anything would. */
export function fitted(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  const room = Math.floor(width / (fontSize * characterWidth)) - 1;
  return room < 3 ? '' : `${text.slice(0, room).trimEnd()}…`;
}

/** XML has no control characters, not even escaped ones. */
function replaceable(character: string): number {
  const code = character.codePointAt(0) as number;
  return code < 32 || (code >= 127 && code < 160) ? 0xfffd : code;
}
