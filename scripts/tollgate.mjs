#!/usr/bin/env node
// The command line, built first where needed: npx tollgate --help
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ensureBuilt } from './build.mjs';
import { entryOf } from './lib/project.mjs';

const entry = entryOf('cli');
if (!existsSync(entry)) await ensureBuilt({ apps: ['cli'], quiet: true });
process.argv[1] = entry;
createRequire(import.meta.url)(entry);
