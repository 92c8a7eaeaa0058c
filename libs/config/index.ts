export * from './cidr-list';
export * from './duration';
export * from './fields';
export * from './installation-settings';
export * from './process-settings';
export * from './secret';
export * from './settings';
