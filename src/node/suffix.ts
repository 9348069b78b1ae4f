/** The next name after a default one that is taken: `host` gives `host-2`, `host-2` gives `host-3`. */
export function nextName(name: string): string {
  const [, stem = name, number] = /^(.*)-(\d{1,4})$/.exec(name) ?? [];
  const suffix = `-${number === undefined ? 2 : Number(number) + 1}`;
  return stem.slice(0, nameLengthMax - suffix.length) + suffix;
}

const nameLengthMax = 64;
