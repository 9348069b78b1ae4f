/**
 * The environment of this process without what concerns skein.
 *
 * Used for every program that a soak starts. Invariant: the keys and settings of whoever runs the soak reach
 * none of them.
 */
export function foreignEnvironment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('SKEIN_'));
  return Object.fromEntries(others);
}
