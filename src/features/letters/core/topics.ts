/** Under which topics a letter is watched at the broker: some changes are known by its id, others by its place. */

export function letterTopic(id: string): string {
  return `letter.${id}`;
}

/** @param n Its place in the store. */
export function placeTopic(n: number): string {
  return `letter-place.${n}`;
}
