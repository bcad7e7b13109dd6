/** Parcels under edit. Borders are shared: a vertex that two parcels have is one place, and stays one.
 *
 * The map is drawn in EPSG:3857, the truth is in the working system. Vertices that nobody moved go back
 * as they came, to the last digit; others are taken over by a fit to the vertices around (a quadratic,
 * millimetres over a few kilometres), the same for every parcel that has them. */
export type XY = [number, number];
export type Ring = XY[];      // closed: the last is the first
export type Polygon = Ring[]; // shell, then holes

export interface Parcel {
  id: string; revision: number; properties: Record<string, unknown>;
  shape: Polygon[]; // of the map
}

const key = (p: number[]): string => `${p[0]},${p[1]}`;

/** From the map's coordinates to the working system's (east, north), and back, near where it was learnt. */
export class Fit {
  private known = new Map<string, XY>();
  private from: XY[] = [];
  private to: XY[] = [];
  private there: number[][] | null = null;
  private back: number[][] | null = null;

  learn(map: number[], work: number[]): void {
    if (this.known.has(key(map))) return;
    this.known.set(key(map), [work[0], work[1]]);
    this.from.push([map[0], map[1]]);
    this.to.push([work[0], work[1]]);
    this.there = this.back = null;
  }

  work(map: number[]): XY {
    const kept = this.known.get(key(map));
    if (kept) return kept;
    this.there ??= quadratic(this.from, this.to);
    const p = apply(this.there, this.from[0], this.to[0], map);
    const made: XY = [Math.round(p[0] * 1e4) / 1e4, Math.round(p[1] * 1e4) / 1e4];
    this.known.set(key(map), made);
    return made;
  }

  map(work: number[]): XY {
    this.back ??= quadratic(this.to, this.from);
    return apply(this.back, this.to[0], this.from[0], work);
  }
}

const terms = (dx: number, dy: number): number[] => [1, dx, dy, dx * dx, dx * dy, dy * dy];
const SCALE = 1000; // m; keeps the equations well conditioned

function apply(c: number[][], from: XY, to: XY, p: number[]): XY {
  const t = terms((p[0] - from[0]) / SCALE, (p[1] - from[1]) / SCALE);
  const sum = (row: number[]): number => row.reduce((n, v, i) => n + v * t[i], 0);
  return [to[0] + sum(c[0]), to[1] + sum(c[1])];
}

/** Least squares by normal equations; with few points the higher terms stay 0. */
function quadratic(from: XY[], to: XY[]): number[][] {
  const n = from.length >= 12 ? 6 : 3;
  const a = Array.from({ length: n }, () => Array<number>(n + 2).fill(0));
  from.forEach((p, k) => {
    const t = terms((p[0] - from[0][0]) / SCALE, (p[1] - from[0][1]) / SCALE);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) a[i][j] += t[i] * t[j];
      a[i][n] += t[i] * (to[k][0] - to[0][0]);
      a[i][n + 1] += t[i] * (to[k][1] - to[0][1]);
    }
  });
  for (let i = 0; i < n; i++) { // Gauss-Jordan with pivots
    let best = i;
    for (let r = i + 1; r < n; r++) if (Math.abs(a[r][i]) > Math.abs(a[best][i])) best = r;
    [a[i], a[best]] = [a[best], a[i]];
    const pivot = a[i][i] || 1e-12;
    for (let r = 0; r < n; r++) {
      if (r === i) continue;
      const f = a[r][i] / pivot;
      for (let j = i; j < n + 2; j++) a[r][j] -= f * a[i][j];
    }
  }
  const out = [Array<number>(6).fill(0), Array<number>(6).fill(0)];
  for (let i = 0; i < n; i++) for (const k of [0, 1]) out[k][i] = a[i][n + k] / (a[i][i] || 1e-12);
  return out;
}

// ---- rings --------------------------------------------------------------------------------------
export const areaOf = (r: Ring): number => r.reduce((n, p, i) => (i ? n + (r[i - 1][0] * p[1] - p[0] * r[i - 1][1]) / 2 : n), 0);
const same = (a: number[], b: number[]): boolean => a[0] === b[0] && a[1] === b[1];

/** Distance of p from a segment, squared, and where along it. */
function near(p: XY, a: XY, b: XY): { d2: number; t: number } {
  const dx = b[0] - a[0], dy = b[1] - a[1], len = dx * dx + dy * dy;
  const t = len > 0 ? Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / len)) : 0;
  const x = a[0] + t * dx - p[0], y = a[1] + t * dy - p[1];
  return { d2: x * x + y * y, t };
}

/** Puts every vertex of `points` that lies on the ring's edges into it; null when there is none. */
export function node(ring: Ring, points: XY[], tolerance: number): Ring | null {
  const has = new Set(ring.map(key));
  let out: Ring | null = null;
  for (const p of points) {
    if (has.has(key(p))) continue;
    const r: Ring = out ?? ring;
    for (let i = 1; i < r.length; i++) {
      const n = near(p, r[i - 1], r[i]);
      if (n.d2 <= tolerance * tolerance && n.t > 0 && n.t < 1) {
        out = [...r.slice(0, i), p, ...r.slice(i)];
        has.add(key(p));
        break;
      }
    }
  }
  return out;
}

/** Gives neighbours the vertices that lie on their borders; answers which changed. */
export function nodeAll(parcels: Parcel[], of: Parcel[], tolerance: number): Parcel[] {
  const points = of.flatMap((p) => p.shape.flat(2)) as XY[];
  const changed: Parcel[] = [];
  for (const p of parcels) {
    let any = false;
    p.shape = p.shape.map((poly) => poly.map((ring) => {
      const made = node(ring, points, tolerance);
      any = any || made !== null;
      return made ?? ring;
    }));
    if (any) changed.push(p);
  }
  return changed;
}

const inside = (p: XY, ring: Ring): boolean => {
  let odd = false;
  for (let i = 1; i < ring.length; i++) {
    const a = ring[i - 1], b = ring[i];
    if (a[1] > p[1] !== b[1] > p[1] && p[0] < ((b[0] - a[0]) * (p[1] - a[1])) / (b[1] - a[1]) + a[0]) odd = !odd;
  }
  return odd;
};
const within = (p: XY, polygon: Polygon): boolean => inside(p, polygon[0]) && !polygon.slice(1).some((q) => inside(p, q));

// ---- splitting ----------------------------------------------------------------------------------
const REACH = 0.02; // m: a line that ends on a border, to the last digits, is meant to reach it
const MEET = 0.005; // m: a crossing this near to a corner is the corner

/** Where two segments cross, at which share of the first; null when they do not. */
function crossing(a: XY, b: XY, c: XY, d: XY): { t: number; u: number; p: XY } | null {
  const r = [b[0] - a[0], b[1] - a[1]], s = [d[0] - c[0], d[1] - c[1]], det = r[0] * s[1] - r[1] * s[0];
  if (Math.abs(det) < 1e-12) return null;
  const t = ((c[0] - a[0]) * s[1] - (c[1] - a[1]) * s[0]) / det, u = ((c[0] - a[0]) * r[1] - (c[1] - a[1]) * r[0]) / det;
  if (t < 0 || t > 1 || u < 0 || u > 1) return null;
  const p: XY = [a[0] + t * r[0], a[1] + t * r[1]];
  const at = [c, d, a, b].find((q) => Math.hypot(q[0] - p[0], q[1] - p[1]) < MEET);
  return { t, u, p: at ?? p };
}
/** The line, its ends drawn out a little. */
function reach(line: XY[]): XY[] {
  const out = (a: XY, b: XY): XY => { const l = Math.hypot(a[0] - b[0], a[1] - b[1]) || 1; return [a[0] + (a[0] - b[0]) / l * REACH, a[1] + (a[1] - b[1]) / l * REACH]; };
  const n = line.length;
  return [out(line[0], line[1]), ...line.slice(1, -1), out(line[n - 1], line[n - 2])];
}

interface Edge { a: XY; b: XY; cut: boolean } // cut: of the line, not of the polygon
/** The edges of polygon and line, parted where they cross; of the line only what lies within. */
function parted(polygon: Polygon, line: XY[]): Edge[] {
  const given: Edge[] = [...polygon.flatMap((r) => r.slice(1).map((b, i) => ({ a: r[i], b, cut: false }))), ...line.slice(1).map((b, i) => ({ a: line[i], b, cut: true }))];
  const on: { t: number; p: XY }[][] = given.map(() => []);
  const first = given.findIndex((e) => e.cut); // borders do not cross each other
  for (let i = 0; i < given.length; i++) {
    for (let k = Math.max(i + 1, first); k < given.length; k++) {
      if (given[i].cut && k === i + 1) continue;
      const x = crossing(given[i].a, given[i].b, given[k].a, given[k].b);
      if (x) { on[i].push({ t: x.t, p: x.p }); on[k].push({ t: x.u, p: x.p }); }
    }
  }
  const out: Edge[] = [], seen = new Set<string>();
  given.forEach((e, i) => {
    const stops = [e.a, ...on[i].sort((p, q) => p.t - q.t).map((x) => x.p), e.b];
    for (let k = 1; k < stops.length; k++) {
      const [a, b] = [stops[k - 1], stops[k]], ways = [`${key(a)}|${key(b)}`, `${key(b)}|${key(a)}`];
      if (same(a, b) || ways.some((w) => seen.has(w)) || (e.cut && !within([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], polygon))) continue;
      seen.add(ways[0]);
      out.push({ a, b, cut: e.cut });
    }
  });
  return out;
}

/** The cycles along edges, each kept on the left; a cut with the same cycle on both sides parts nothing. */
function cycles(edges: Edge[]): { rings: XY[][]; idle: Set<Edge> } {
  interface Half { from: XY; to: XY; of: Edge; angle: number; ring: number }
  const halves: Half[] = edges.flatMap((of) => ([[of.a, of.b], [of.b, of.a]] as [XY, XY][]).map(([from, to]) => ({ from, to, of, angle: Math.atan2(to[1] - from[1], to[0] - from[0]), ring: -1 })));
  const leaving = new Map<string, Half[]>();
  for (const e of halves) leaving.set(key(e.from), [...(leaving.get(key(e.from)) ?? []), e]);
  for (const list of leaving.values()) list.sort((p, q) => p.angle - q.angle);
  const next = (e: Half): Half => { // the first to the right of going back: the face on the left stays on the left
    const list = leaving.get(key(e.to))!;
    const back = list.findIndex((k) => k.of === e.of && same(k.to, e.from));
    return list[(back - 1 + list.length) % list.length];
  };
  const rings: XY[][] = [];
  for (const first of halves) {
    if (first.ring >= 0) continue;
    const ring: XY[] = [first.from];
    let e = first;
    do { e.ring = rings.length; ring.push(e.to); e = next(e); } while (e !== first);
    rings.push(ring);
  }
  const sides = new Map<Edge, number[]>();
  for (const e of halves) sides.set(e.of, [...(sides.get(e.of) ?? []), e.ring]);
  return { rings, idle: new Set(edges.filter((e) => e.cut && sides.get(e)![0] === sides.get(e)![1])) };
}

/** The parts of a polygon that a line makes of it, however often they cross, holes included; null when it stays whole. */
export function splitBy(polygon: Polygon, line: XY[]): Polygon[] | null {
  if (line.length < 2) return null;
  let edges = parted(polygon, reach(line)), found = cycles(edges);
  while (found.idle.size) {
    edges = edges.filter((e) => !found.idle.has(e));
    found = cycles(edges);
  }
  const leftOf = (r: XY[]): XY => {
    const [a, b] = r, l = Math.hypot(b[0] - a[0], b[1] - a[1]), d = Math.min(1e-3, l * 1e-3);
    return [(a[0] + b[0]) / 2 - (b[1] - a[1]) / l * d, (a[1] + b[1]) / 2 + (b[0] - a[0]) / l * d];
  };
  const parts: Polygon[] = found.rings.filter((r) => areaOf(r) > 0 && within(leftOf(r), polygon)).map((r) => [r]);
  if (parts.length < 2) return null;
  parts.sort((p, q) => areaOf(p[0]) - areaOf(q[0])); // the smallest that holds a hole is the one
  for (const r of found.rings) { // what lies loose within a part is a hole of it
    const p = areaOf(r) < 0 ? leftOf(r) : null;
    if (p && within(p, polygon)) parts.find((q) => inside(p, q[0]))?.push(r);
  }
  return parts.sort((p, q) => Math.abs(areaOf(q[0])) - Math.abs(areaOf(p[0])));
}

/** Joins two polygons along the border they share; null when they share none. */
export function join(a: Polygon, b: Polygon): Polygon | null {
  const edges = new Map<string, { from: XY; to: XY }>();
  const wind = (r: Ring, shell: boolean): Ring => (areaOf(r) > 0 === shell ? r : [...r].reverse());
  let shared = 0;
  for (const poly of [a, b]) {
    poly.forEach((raw, n) => {
      const ring = wind(raw, n === 0);
      for (let i = 1; i < ring.length; i++) {
        const back = `${key(ring[i])}|${key(ring[i - 1])}`;
        if (edges.delete(back)) shared += 1;
        else edges.set(`${key(ring[i - 1])}|${key(ring[i])}`, { from: ring[i - 1], to: ring[i] });
      }
    });
  }
  if (!shared) return null;
  const rings: Ring[] = [];
  const next = new Map<string, string[]>();
  for (const [id, e] of edges) next.set(key(e.from), [...(next.get(key(e.from)) ?? []), id]);
  while (edges.size) {
    const [first] = edges;
    const ring: Ring = [first[1].from];
    for (let e: { from: XY; to: XY } | undefined = first[1], id: string | undefined = first[0]; e && id;) {
      edges.delete(id);
      ring.push(e.to);
      if (same(e.to, ring[0])) break;
      id = next.get(key(e.to))?.find((k) => edges.has(k));
      e = id ? edges.get(id) : undefined;
    }
    if (ring.length >= 4 && same(ring[0], ring[ring.length - 1])) rings.push(ring);
  }
  rings.sort((p, q) => Math.abs(areaOf(q)) - Math.abs(areaOf(p)));
  return rings.length ? rings : null;
}
