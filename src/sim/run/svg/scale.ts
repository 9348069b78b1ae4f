/**
 * Scales and their ticks: where a time or a count stands, and which values are worth a number.
 *
 * Who calls it: the panels and the time axis. Pure. Invariant: ticks are round numbers of their unit, few
 * enough that their numbers never touch.
 */

export interface TimeScale {
  readonly endMs: number;
  readonly width: number;
  x(at: number): number;
}

export function timeScale(endMs: number, width: number): TimeScale {
  // A run of no length still has a left and a right.
  const length = Math.max(1, endMs);
  return { endMs: length, width, x: (at) => (Math.min(Math.max(at, 0), length) / length) * width };
}

const secondSteps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

/** Milliseconds, at most `countMax` of them. */
export function timeTicks(endMs: number, countMax: number): number[] {
  const fits = (step: number) => endMs / (step * 1000) <= countMax;
  const stepMs = (secondSteps.find(fits) ?? 14_400) * 1000;
  return Array.from({ length: Math.floor(endMs / stepMs) + 1 }, (_, i) => i * stepMs);
}

/** Minutes where the whole run is told in minutes. */
export function timeText(at: number, endMs: number): string {
  if (endMs < 180_000) return `${Number((at / 1000).toFixed(1))} s`;
  const minutes = Math.floor(at / 60_000);
  const seconds = Math.round((at % 60_000) / 1000);
  return seconds === 0 ? `${minutes} min` : `${minutes}:${String(seconds).padStart(2, '0')}`;
}

/** The top of an axis from 0, and its ticks: 1, 2 or 5 times a power of ten apart. */
export function countTicks(max: number, countMax = 4): { readonly top: number; readonly ticks: number[] } {
  const rough = Math.max(1, max) / countMax;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? power * 10;
  const count = Math.max(1, Math.ceil(max / step));
  return { top: count * step, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) };
}
