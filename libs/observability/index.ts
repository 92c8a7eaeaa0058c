export * from './logger';
export * from './metrics/duration-histogram';
export * from './metrics/process-metrics';
export * from './metrics/read-metric';
