/** The tasks feature: work that the swarm keeps until some worker has done it. */
import { feature } from '../../kit/feature.ts';
import type { AvailabilityCore } from '../availability/core/shared.ts';
import type { SwarmCore } from '../swarm/core/shared.ts';
import { attachedTasks } from './api/attached-tasks.ts';
import { tasksFacade } from './api/facade.ts';
import { Tasks, tasksFeature } from './core/tasks.ts';
import type { TasksFeatureShape } from './shape.ts';

export const tasks = feature<TasksFeatureShape>()({
  name: tasksFeature,
  needs: ['swarm', 'availability'],
  behavior: ({ needed }) => new Tasks(needed<SwarmCore>('swarm'), needed<AvailabilityCore>('availability')),
  facade: tasksFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedTasks,
});
