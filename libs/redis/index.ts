export * from './redis-change-feed';
export * from './redis-connection';
export * from './redis-gateway-board';
export * from './redis-script';
export * from './redis-upload-locks';
export * from './redis-upload-reservations';
export * from './redis-url';
