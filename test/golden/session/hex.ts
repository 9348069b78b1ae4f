/** Bytes as hexadecimal digits, with runs of one byte told by their length: `ab(00x4096)cd`. */
const runBytesMin = 16;

export function compactHex(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] as number;
    let end = at + 1;
    while (bytes[end] === byte) end++;
    const digits = byte.toString(16).padStart(2, '0');
    text += end - at >= runBytesMin ? `(${digits}x${end - at})` : digits.repeat(end - at);
    at = end;
  }
  return text;
}

/** @throws Error where the text is no such bytes. */
export function fromCompactHex(text: string): Uint8Array {
  const parts = text.match(/\([0-9a-f]{2}x\d+\)|[0-9a-f]{2}/g) ?? [];
  if (parts.join('') !== text) throw new Error(`these are no bytes: ${text.slice(0, 60)}`);
  const bytes: number[] = [];
  for (const part of parts) {
    const [, digits = part, count = '1'] = /^\((..)x(\d+)\)$/.exec(part) ?? [];
    for (let i = 0; i < Number(count); i++) bytes.push(Number.parseInt(digits, 16));
  }
  return Uint8Array.from(bytes);
}
