/** Every number of a store that a busy feature could drive up, with its reason. */
export const storeLimits = {
  /** Of one group: what a slow disk makes durable together. More would only make the first of them wait longer. */
  groupOperationsMax: 500,
  /** The same in bytes of input. One that is larger is a group by itself. */
  groupBytesMax: 4 * 1024 * 1024,
  /** That wait for the disk, in flight included. Each holds a copy of its input; what comes above is refused at once. */
  operationsWaitingMax: 65_536,
} as const;
