/** The numbers of messages about tasks, and of what stands in them: each keeps its meaning. */
export const TaskKind = {
  order: 1,
  work: 2,
  answers: 3,
  started: 4,
  progress: 5,
  ended: 6,
  renew: 7,
  follow: 8,
  unfollow: 9,
  ordered: 10,
  offers: 11,
  withdrawn: 12,
  assigned: 13,
  stop: 14,
  settled: 15,
  renewed: 16,
  news: 17,
  drain: 18,
} as const;

export const OrderFlag = { idempotent: 1, letter: 2, mayWait: 4, parent: 8, retry: 16 } as const;
