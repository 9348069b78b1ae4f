/**
 * The figures of a scenario: when all knew all, how fast a loss was known, how long healing took.
 *
 * Who calls it: `runScenario`; it listens to the mesh. Invariant: each is measured from the instant of its
 * cause to the instant the last running program was told, in virtual time; what never came to be is undefined.
 */
import type { Mesh } from '../../world/mesh.ts';
import type { Action } from './scenario.ts';

export interface Figure {
  /** What was done. */
  readonly cause: string;
  readonly at: number;
  /** Undefined: it never came to that. */
  ms: number | undefined;
}

export interface ScenarioFigures {
  /** From the beginning until every program ran and knew every other; undefined: never. */
  readonly allKnewAllMs: number | undefined;
  /** From a stop, crash or vanishing until nobody that runs held the node any more. */
  readonly detections: readonly Figure[];
  /** From the end of a fault until all knew all again. */
  readonly heals: readonly Figure[];
}

interface Detection extends Figure {
  readonly names: readonly string[];
}

export class FigureWatch {
  private readonly mesh: Mesh;
  private readonly nodes: number;
  private readonly detections: Detection[] = [];
  private readonly heals: Figure[] = [];
  private allKnewAllMs: number | undefined;

  /** @param nodes How many programs there are when all run. */
  constructor(mesh: Mesh, nodes: number) {
    this.mesh = mesh;
    this.nodes = nodes;
    mesh.observers.push({ knew: () => this.look(), lost: () => this.look() });
  }

  began(action: Action, text: string): void {
    if (action.verb === 'stop' || action.verb === 'crash' || action.verb === 'vanish')
      this.detections.push({ cause: text, at: this.now, ms: undefined, names: action.who });
    if (action.verb === 'resume') this.healed(text);
  }

  healed(cause: string): void {
    this.heals.push({ cause, at: this.now, ms: this.mesh.allKnowAll ? 0 : undefined });
  }

  result(): ScenarioFigures {
    const plain = ({ cause, at, ms }: Figure): Figure => ({ cause, at, ms });
    return {
      allKnewAllMs: this.allKnewAllMs,
      detections: this.detections.map(plain),
      heals: this.heals.map(plain),
    };
  }

  private get now(): number {
    return this.mesh.world.now;
  }

  private look(): void {
    for (const detection of this.detections)
      if (detection.ms === undefined && this.isForgotten(detection.names))
        detection.ms = this.now - detection.at;
    const waiting = this.heals.filter(({ ms }) => ms === undefined);
    if (this.allKnewAllMs !== undefined && waiting.length === 0) return;
    if (!this.mesh.allKnowAll) return;
    if (this.mesh.living.length === this.nodes) this.allKnewAllMs ??= this.now;
    for (const heal of waiting) heal.ms = this.now - heal.at;
  }

  private isForgotten(names: readonly string[]): boolean {
    return this.mesh.living.every((life) => names.every((name) => !life.knows.has(name)));
  }
}
