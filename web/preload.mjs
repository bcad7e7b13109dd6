// The first page names the scripts of the map beforehand, so that they are fetched at once and not one after the other.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

const { outputs } = JSON.parse(readFileSync('dist/meta.json', 'utf8'));
const first = Object.keys(outputs).find((o) => outputs[o].entryPoint === 'src/pages/map.ts');
if (!first) throw new Error('preload: no script of the map page');
const wanted = new Set();
const add = (o) => { if (!wanted.has(o)) { wanted.add(o); outputs[o].imports.filter((i) => i.kind === 'import-statement').forEach((i) => add(i.path)); } };
add(first);
const links = [...wanted].map((o) => `<link rel="modulepreload" href="/portal/${o.replace('dist/', '')}">`).join('\n');
writeFileSync('dist/index.html', readFileSync('src/index.html', 'utf8').replace('</head>', `${links}\n</head>`));
rmSync('dist/meta.json');
