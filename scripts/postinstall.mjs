// Runs after npm install. Gets the SQLite binding that Node below 24 loads, where npm has not done so: newer versions of
// npm are told not to (`allowScripts`), since Node 24 has no use for it. See docs/adr/0005-two-sqlite-bindings.md.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FIRST_NODE_OF_V13 = 24;
const BINDING = 'better-sqlite3';
const folder = fileURLToPath(new URL(`../node_modules/${BINDING}`, import.meta.url));
const isNeeded = Number(process.versions.node.split('.')[0]) < FIRST_NODE_OF_V13;

// Not there at all when npm only writes its lock file.
if (isNeeded && existsSync(folder) && !works()) {
  console.error(`fetching or compiling ${BINDING} for Node ${process.versions.node}`);
  // Its own script: a ready binary where one can be fetched, else the C++ compiler.
  const { status } = spawnSync('npm', ['run', 'install'], { cwd: folder, stdio: ['ignore', 2, 2] });
  if (status !== 0 || !existsSync(`${folder}/build/Release/better_sqlite3.node`)) {
    console.error(`${BINDING} could not be compiled: it needs a C++ compiler, make and Python 3`);
    process.exitCode = 1;
  }
}

/** In a process of its own: a binding made for another Node may do more than throw. */
function works() {
  const script = `new (require(${JSON.stringify(folder)}))(':memory:').close()`;
  return spawnSync(process.execPath, ['-e', script], { stdio: 'ignore' }).status === 0;
}
