export * from './fork-worker';
export * from './limits';
export * from './link';
export type { NewsTable, QuestionTable } from './link-message';
export * from './merged-metrics';
export * from './primary-channel';
export * from './supervisor';
export * from './worker-count';
