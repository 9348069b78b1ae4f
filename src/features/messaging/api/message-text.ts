/** Messages as one printable line each. Who calls it: `toString()` of messages, the CLI. */
import type { Message, SnoopedMessage } from './message-types.ts';

const bodyCharactersMax = 120;

/** `alice#17 -> bob,carol [greeting] {"text":"hi"} by alice, relay, bob` */
export function describeMessage(message: Omit<Message, 'toString'>): string {
  const route = message.route === undefined ? '' : ` by ${message.route.join(', ')}`;
  const { from, id, recipients, kind, body } = message;
  return `${from}#${id} -> ${recipients.join(',')} [${kind}] ${describeBody(body)}${route}`;
}

export function describeSnooped(message: Omit<SnoopedMessage, 'toString'>): string {
  const { from, id, recipients, kind, body, bodyBytes, via } = message;
  const text = body === undefined ? `${bodyBytes} bytes` : describeBody(body);
  return `${from}#${id} -> ${recipients.join(',')} [${kind}] ${text} by ${via}`;
}

/** Text and values as JSON, bytes by their count; cut to one line. */
function describeBody(body: unknown): string {
  if (body instanceof Uint8Array) return `<${body.length} bytes>`;
  const text =
    JSON.stringify(body, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ??
    String(body);
  return text.length > bodyCharactersMax ? `${text.slice(0, bodyCharactersMax)}...` : text;
}
