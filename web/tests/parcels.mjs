// Parcels under edit: splitting, joining, shared corners, the way back to the working system. node parcels.mjs
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const { buildSync } = createRequire(new URL('../package.json', import.meta.url))('esbuild');
const dir = mkdtempSync(path(tmpdir(), 'guotu-parcels-'));
buildSync({ entryPoints: [fileURLToPath(new URL('../src/parcels.ts', import.meta.url))], outfile: path(dir, 'parcels.mjs'), format: 'esm', bundle: true, logLevel: 'error' });
const { areaOf, Fit, join, node, nodeAll, splitBy } = await import(pathToFileURL(path(dir, 'parcels.mjs')));
rmSync(dir, { recursive: true });

let cases = 0, failures = 0;
function check(truth, what) {
  cases += 1;
  if (!truth) { failures += 1; console.log(`FAILED: ${what}`); }
}
const area = (p) => p.reduce((n, r, i) => n + (i ? -1 : 1) * Math.abs(areaOf(r)), 0);
const sizes = (parts) => parts && parts.map((p) => Math.round(area(p)));
const told = (x) => JSON.stringify(x);
/** Splits and looks: so many parts of these sizes, nothing lost or won, rings closed. */
function splits(name, polygon, line, want) {
  const parts = splitBy(polygon, line);
  check(told(sizes(parts)) === told(want), `${name}: ${told(sizes(parts))}, wanted ${told(want)}`);
  if (!parts) return;
  check(Math.abs(parts.reduce((n, p) => n + area(p), 0) - area(polygon)) < 1e-6 * area(polygon), `${name}: area is not kept`);
  check(parts.flat().every((r) => r.length >= 4 && told(r[0]) === told(r[r.length - 1])), `${name}: a ring is open`);
}
const square = [[[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]]];
const u = [[[0, 0], [100, 0], [100, 100], [70, 100], [70, 30], [30, 30], [30, 100], [0, 100], [0, 0]]];
const holed = [[[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]], [[40, 40], [40, 60], [60, 60], [60, 40], [40, 40]], [[80, 80], [80, 90], [90, 90], [90, 80], [80, 80]]];

splits('across', square, [[50, -10], [50, 110]], [5000, 5000]);
splits('from border to border, which the pointer snapped to', square, [[50, 0], [50, 100]], [5000, 5000]);
splits('just short of the border, as digits are', square, [[50, 1e-7], [50, 100 - 1e-7]], [5000, 5000]);
splits('from corner to corner', square, [[0, 0], [100, 100]], [5000, 5000]);
splits('bent within', square, [[30, -10], [30, 50], [70, 50], [70, -10]], [8000, 2000]);
splits('four crossings', square, [[-10, 20], [110, 20], [110, 60], [-10, 60]], [4000, 4000, 2000]);
splits('through both arms', u, [[-10, 60], [110, 60]], [4800, 1200, 1200]);
splits('through a hole', holed, [[-10, 50], [110, 50]], [4800, 4700]);
splits('beside the holes, which stay where they are', holed, [[20, -5], [20, 105]], [7500, 2000]);
splits('closed within: a piece out of the middle', square, [[20, 20], [80, 20], [80, 80], [20, 80], [20, 19]], [6400, 3600]);
splits('around a hole', holed, [[30, 30], [70, 30], [70, 70], [30, 70], [30, 29]], [8300, 1200]);
splits('clockwise shell', [[...square[0]].reverse()], [[50, -10], [50, 110]], [5000, 5000]);
for (const [name, polygon, line] of [
  ['that ends within', square, [[50, -10], [50, 50]]], ['that passes by', square, [[-10, -10], [110, -10]]], ['into a hole and no further', holed, [[-10, 50], [50, 50]]],
  ['from hole to hole', holed, [[50, 50], [85, 85]]], ['of one point', square, [[50, 50]]], ['along the border', square, [[0, 0], [100, 0]]], ['wholly within', square, [[20, 20], [80, 80]]],
]) splits(`a line ${name}`, polygon, line, null);

// any line through any star: what the parts sum to is what was there, and none lies over another
let seed = 7;
const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
let parted = 0;
for (let round = 0; round < 200; round++) {
  const n = 5 + Math.floor(random() * 30);
  const shell = Array.from({ length: n }, (_, i) => { const r = 20 + 80 * random(), a = 2 * Math.PI * i / n; return [r * Math.cos(a), r * Math.sin(a)]; });
  const polygon = [[...shell, shell[0]]], line = Array.from({ length: 2 + Math.floor(random() * 5) }, () => [300 * random() - 150, 300 * random() - 150]);
  const parts = splitBy(polygon, line);
  if (!parts) continue;
  parted += 1;
  check(Math.abs(parts.reduce((s, p) => s + area(p), 0) - area(polygon)) < 1e-6 * area(polygon), `round ${round}: ${sizes(parts)} of ${area(polygon)}`);
  check(parts.every((p) => area(p) > 0), `round ${round}: an empty part`);
}
check(parted > 100, `only ${parted} rounds parted anything`);

// what was split joins again
for (const line of [[[50, -10], [50, 110]], [[30, -10], [30, 50], [70, 50], [70, -10]]]) {
  const [a, b] = splitBy(square, line);
  check(Math.abs(area(join(a, b)) - 1e4) < 1e-6, 'joined, it is not what it was');
}
check(join(square, [[[200, 0], [300, 0], [300, 100], [200, 100], [200, 0]]]) === null, 'strangers were joined');
check(join(square, [[[100, 100], [200, 100], [200, 200], [100, 200], [100, 100]]]) === null, 'a corner is no border');
const ring = splitBy(square, [[20, 20], [80, 20], [80, 80], [20, 80], [20, 19]]);
check(Math.abs(area(join(ring[0], ring[1])) - 1e4) < 1e-6, 'the middle did not go back');

// a corner on a neighbour's border becomes the neighbour's too
check(node(square[0], [[50, 0.001]], 0.02)?.length === 6, 'no corner on the border');
check(node(square[0], [[50, 1]], 0.02) === null, 'a corner far from the border was taken');
check(node(square[0], [[0, 0]], 0.02) === null, 'a corner that is there was put in again');
const left = { shape: [square] }, right = { shape: [[[[100, 20], [150, 20], [150, 80], [100, 80], [100, 20]]]] };
check(nodeAll([left], [right], 0.02).length === 1 && left.shape[0][0].length === 7, 'the neighbour has not the corners');

// there and back: what nobody moved stays to the last digit, what is between is fitted
const fit = new Fit();
const truth = ([x, y]) => [500000 + 0.766 * x + 1e-7 * x * y, 4430000 + 0.766 * y - 5e-8 * x * x];
for (let x = 0; x <= 2000; x += 400) for (let y = 0; y <= 2000; y += 400) fit.learn([x, y], truth([x, y]));
check(told(fit.work([400, 800])) === told(truth([400, 800])), 'what was learnt is not what it was');
const off = Math.hypot(...fit.work([333, 777]).map((v, i) => v - truth([333, 777])[i]));
check(off < 1e-3, `fitted ${off} m off`);
check(Math.hypot(...fit.map(truth([333, 777])).map((v, i) => v - [333, 777][i])) < 2e-2, 'back is elsewhere');

console.log(`${cases} cases, ${failures} failures`);
process.exit(failures ? 1 : 0);
