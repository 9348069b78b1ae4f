/** Words that conversations share with the features that need them. */

const prefix = 'conversation.';
const idPattern = /^[0-9a-f]{32}$/;

/** What letters are called that are said in a conversation; also the topic under which it is watched. */
export function conversationLabel(id: string): string {
  return prefix + id;
}

/** True: letters of this type are said in a conversation. */
export function isConversationLabel(type: string): boolean {
  return type.startsWith(prefix);
}

/** The conversation in which letters of this type are said; undefined: they are not. */
export function conversationOf(type: string): string | undefined {
  const id = isConversationLabel(type) ? type.slice(prefix.length) : '';
  return isConversationId(id) ? id : undefined;
}

export function isConversationId(id: unknown): id is string {
  return typeof id === 'string' && idPattern.test(id);
}

/** The topic of the list of a node's conversations. */
export function conversationsTopic(name: string): string {
  return `conversations.${name}`;
}
