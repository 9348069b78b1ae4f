/** The one type argument of the tasks feature. */
import type { TaskNeeds, TasksApi, TasksNodeApi, WorkerView } from './api.ts';
import type { TasksShape } from './core/tasks-shape.ts';

/** What features that need tasks may use. */
export interface TasksShared extends Pick<TasksApi, 'workers'> {
  /** This node as a worker, as it knows itself. @throws TypeError for needs that can fit nothing. */
  ownStanding(service: string, needs: TaskNeeds): WorkerView;
}

export interface TasksFeatureShape extends TasksShape {
  readonly api: TasksNodeApi;
  readonly settings: object;
  readonly nodeEvents: object;
  readonly shared: TasksShared;
}
