/**
 * The machine that a node runs on, as its platform knows it: what features may report of it.
 *
 * Offered by the host under `machinePart`; the simulator has no machines that could be measured. Invariant: what is not
 * known is absent, and nothing is guessed.
 */

/** The name under which a platform offers a `Machine`. */
export const machinePart = 'machine';

/** Asked again for each answer. */
export interface Machine {
  facts(): MachineFacts;
}

/** What is known of a machine and of the node's process on it. */
export interface MachineFacts {
  /** Processors that this process may use, the limits of its control group included: at least 1. */
  readonly cores: number;
  /** Of the first processor, as the system reports it. Absent: it reports none. */
  readonly cpuGhz?: number;
  /** Processes that ran or wanted to, on average of the last minute. Absent on Windows. */
  readonly load?: number;
  /** Bytes of memory that the machine has, or that the control group of this process may use. */
  readonly memoryBytes: number;
  /** Bytes of these that nobody uses. */
  readonly freeMemoryBytes: number;
  /** Bytes of memory that the node's process holds. */
  readonly processMemoryBytes: number;
  /** Processor time that the node's process has used, in milliseconds. */
  readonly processCpuMs: number;
}
