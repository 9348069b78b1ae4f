/** Times as people read them: ISO 8601, in the time zone of this machine. Who calls it: the commands that show when. */

/** `2026-11-22T06:30:35`. @param at Unix milliseconds. */
export function localTime(at: number): string {
  const date = new Date(at);
  const day = [padded(date.getFullYear(), 4), padded(date.getMonth() + 1), padded(date.getDate())];
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${day.join('-')}T${time.map((part) => padded(part)).join(':')}`;
}

function padded(part: number, digits = 2): string {
  return String(part).padStart(digits, '0');
}
