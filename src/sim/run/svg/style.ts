/**
 * Colors and type of the picture, light and dark.
 *
 * Who calls it: the picture, once. Invariant: every color stands here, as a class with a value for a light
 * and one for a dark page, both with enough contrast against their own background.
 */

/** By class: the property it sets, then light and dark. */
const colors: Readonly<Record<string, readonly [property: 'fill' | 'stroke', light: string, dark: string]>> =
  {
    page: ['fill', '#ffffff', '#0d1117'],
    plot: ['fill', '#f6f8fa', '#151b23'],
    ink: ['fill', '#1f2328', '#e6edf3'],
    pale: ['fill', '#59636e', '#9198a1'],
    grid: ['stroke', '#d8dee4', '#2d333b'],
    axis: ['stroke', '#8c959f', '#59636e'],
    running: ['fill', '#7ba7d9', '#3d6a9e'],
    paused: ['fill', '#e3b341', '#bb8009'],
    crashed: ['stroke', '#cf222e', '#ff7b72'],
    left: ['fill', '#57606a', '#9198a1'],
    gave: ['fill', '#8250df', '#bc8cff'],
    known: ['stroke', '#0a7a55', '#3fb98c'],
    knownArea: ['fill', '#0a7a55', '#3fb98c'],
    links: ['stroke', '#8250df', '#bc8cff'],
    linksArea: ['fill', '#8250df', '#bc8cff'],
    delivered: ['fill', '#2f7fd6', '#4493f8'],
    missing: ['fill', '#d1242f', '#f85149'],
    fault0: ['fill', '#ffb3ad', '#8e2a2a'],
    fault1: ['fill', '#ffd8a8', '#7d4e0e'],
    fault2: ['fill', '#d8c7fb', '#55389b'],
    fault3: ['fill', '#b5e3c5', '#1f6a3d'],
    fault4: ['fill', '#bcd9fb', '#1e4f8f'],
    fault5: ['fill', '#f5c2e0', '#86336a'],
    fault6: ['fill', '#e4e0a0', '#66610f'],
    fault7: ['fill', '#cfd5db', '#484f58'],
    shade: ['fill', '#cf222e', '#ff7b72'],
  };

export const faultClasses = 8;

export function styleText(): string {
  const rules = (tone: 1 | 2) =>
    Object.entries(colors)
      .map(([name, color]) => `.${name}{${color[0]}:${color[tone]}}`)
      .join('');
  return [
    'text{font-family:system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:11px}',
    '.title{font-size:17px;font-weight:600}.heading{font-weight:600}.small{font-size:9px}',
    '.end{text-anchor:end}.middle{text-anchor:middle}',
    '.line{fill:none;stroke-width:1.5;stroke-linejoin:round}.area{fill-opacity:.14}',
    '.grid,.axis{stroke-width:1}.crashed{fill:none;stroke-width:1.8}.shade{fill-opacity:.08}.plot{fill-opacity:.6}',
    rules(1),
    `@media (prefers-color-scheme:dark){${rules(2)}}`,
  ].join('\n');
}
