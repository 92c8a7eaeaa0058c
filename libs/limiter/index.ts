export * from './counter-store';
export * from './limits';
export * from './memory/memory-counter-store';
export * from './memory/memory-rate-limiter';
export * from './rate-limiter';
export * from './redis/redis-counter-store';
export * from './shared/shared-rate-limiter';
export * from './subject';
