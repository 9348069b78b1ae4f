/** What each feature keeps in a store, as models: a line for each that keeps something. The simulator's disks run them. */
import type { AnyStoreModel } from '../stores/model.ts';
import { conversationsModel } from './conversations/store/model.ts';
import { lettersModel } from './letters/store/model.ts';
import { logModel } from './log/store/model.ts';
import { swarmModel } from './swarm/store/model.ts';
import { tasksModel } from './tasks/store/model.ts';

export const storeModels: readonly AnyStoreModel[] = [
  swarmModel,
  conversationsModel,
  lettersModel,
  logModel,
  tasksModel,
];
