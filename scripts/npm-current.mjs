// Ends with 0 if node_modules holds what package-lock.json names, with 1 if `npm ci` is due.
import { existsSync, readFileSync } from 'node:fs';

const read = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
const installed = 'node_modules/.package-lock.json';
if (!existsSync(installed)) process.exit(1);
const found = read(installed);
const missing = Object.entries(read('package-lock.json')).filter(
  ([path, wanted]) =>
    path.startsWith('node_modules/') &&
    !wanted.link &&
    !wanted.optional &&
    !wanted.devOptional &&
    (found[path]?.version !== wanted.version || !existsSync(path)),
);
process.exit(missing.length === 0 ? 0 : 1);
