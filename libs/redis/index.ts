export * from './redis-change-feed';
export * from './redis-connection';
export * from './redis-url';
