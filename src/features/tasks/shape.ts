/** The one type argument of the tasks feature. */
import type { TasksNodeApi } from './api.ts';
import type { TasksShape } from './core/tasks-shape.ts';

export interface TasksFeatureShape extends TasksShape {
  readonly api: TasksNodeApi;
  readonly settings: object;
  readonly nodeEvents: object;
  readonly shared: object;
}
