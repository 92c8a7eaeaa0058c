import { createRequire } from 'node:module';
import type Database from 'better-sqlite3';

/** Version 13 crashes on Node 20; 12 aborts the process on Node 24.19 and later when a statement is collected. */
const FIRST_NODE_OF_V13 = 24;

const nodeMajor = Number(process.versions.node.split('.', 1)[0]);

/** better-sqlite3 in the version that runs on this Node. */
export const DatabaseConstructor = createRequire(__filename)(
  nodeMajor >= FIRST_NODE_OF_V13 ? 'better-sqlite3-v13' : 'better-sqlite3',
) as typeof Database;
