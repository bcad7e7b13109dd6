/** Outlines of a file that somebody brings along: GeoJSON and WKT are read here, all else (Shapefile as zip, GeoPackage, DXF, KML ...) by the server. */
import { get, Problem } from './api';
import { button, field, fill, h, problem, select } from './dom';
import { hectares, number, tr } from './words';

export interface Outline { geometry: { type: string; coordinates: unknown }; properties: Record<string, unknown> }
export interface Brought { name: string; outlines: Outline[]; notes: string[] }
interface Loose { type?: string; geometry?: Loose | null; features?: Loose[]; geometries?: Loose[]; properties?: Record<string, unknown>; coordinates?: unknown; crs?: unknown }
interface Answer {
  features: Outline[]; driver?: string; layer?: string; crs?: string; crsAssumed?: boolean; others?: number; truncated?: boolean;
  numberFaults?: number; faults?: { row: number; detail: string }[];
}

export const ACCEPT = '.geojson,.json,.zip,.gpkg,.dxf,.kml,.fgb,.gml,.wkt,.txt';
const HERE = 20e6; // bytes that the page itself reads
const CHOICE = 200; // outlines in the list

const isPolygon = (g: Loose | null | undefined): boolean => /^(Multi)?Polygon$/.test(g?.type ?? '');
/** The polygons of GeoJSON in longitude and latitude. */
export function polygonsOf(given: Loose): Outline[] {
  const one = (g: Loose | null | undefined, properties: Record<string, unknown>): Outline[] =>
    (isPolygon(g) ? [{ geometry: g as Outline['geometry'], properties }] : (g?.geometries ?? []).flatMap((k) => one(k, properties)));
  const found = given.type === 'FeatureCollection' ? (given.features ?? []).flatMap((f) => one(f.geometry, f.properties ?? {})) : given.type === 'Feature' ? one(given.geometry, given.properties ?? {}) : one(given, {});
  if (!found.length) throw new Error(tr('需要一个面（Polygon 或 MultiPolygon）', 'A Polygon or MultiPolygon is needed'));
  return found;
}

async function here(file: File): Promise<Outline[] | null> {
  if (!/\.(geojson|json|wkt|txt)$/i.test(file.name)) return null;
  if (file.size > HERE) throw new Error(tr('文件大于 20 MB', 'The file is larger than 20 MB'));
  const text = await file.text();
  if (/^\s*[[{]/.test(text)) {
    const given = JSON.parse(text) as Loose;
    return given.crs ? null : polygonsOf(given); // in another system: the server brings it over
  }
  const { default: WKT } = await import('ol/format/WKT');
  const { default: GeoJSON } = await import('ol/format/GeoJSON');
  return polygonsOf(JSON.parse(new GeoJSON().writeGeometry(new WKT().readGeometry(text.trim()))) as Loose);
}

/** Reads a file; `crs` where the file does not say its own. */
export async function readOutlines(file: File, crs = ''): Promise<Brought> {
  const name = file.name.replace(/\.[^.]*$/, '');
  const mine = crs ? null : await here(file);
  if (mine) return { name, outlines: mine, notes: [] };
  const q = new URLSearchParams({ name: file.name, ...(crs ? { crs } : {}) });
  const a = await get<Answer>(`/outlines?${q}`, { raw: file, headers: { 'Content-Type': 'application/octet-stream' }, accept: 'application/geo+json' });
  const notes = [[a.driver, a.layer, a.crs].filter(Boolean).join(' · ')];
  if (a.crsAssumed) notes.push(tr('文件未注明坐标系，按推定的坐标系读取，请核对位置。', 'The file does not say its coordinate system; one was assumed: look whether it lies right.'));
  if (a.others) notes.push(tr(`${a.others} 个要素不是面，未读入。`, `${a.others} features are no polygons and were left out.`));
  if (a.truncated) notes.push(tr('文件过大，只读入了前一部分。', 'The file is large: only its beginning was read.'));
  for (const f of (a.faults ?? []).slice(0, 5)) notes.push(tr(`第 ${f.row} 行：${f.detail}`, `Row ${f.row}: ${f.detail}`));
  if ((a.numberFaults ?? 0) > 5) notes.push(tr(`共 ${a.numberFaults} 处问题。`, `${a.numberFaults} faults in all.`));
  if (!a.features.length) throw new Error([tr('文件里没有可用的面。', 'There is no usable polygon in the file.'), ...notes].join('\n'));
  return { name, outlines: a.features, notes };
}

/** About its area, m2, for telling outlines apart. */
function roughly(g: Outline['geometry']): number {
  const rings = g.type === 'Polygon' ? [(g.coordinates as number[][][])[0]] : (g.coordinates as number[][][][]).map((p) => p[0]);
  const R = 6371007;
  return rings.reduce((n, r) => n + Math.abs(r.reduce((s, p, i) => (i ? s + (p[0] - r[i - 1][0]) * Math.PI / 180 * (2 + Math.sin(r[i - 1][1] * Math.PI / 180) + Math.sin(p[1] * Math.PI / 180)) : s), 0)) * R * R / 2, 0);
}
const tell = (o: Outline, i: number): string => {
  const words = Object.values(o.properties).filter((v) => typeof v === 'string' && v.trim() !== '').slice(0, 2).join(' ');
  return `${i + 1}${words ? ` ${words.slice(0, 40)}` : ''} · ${tr('约', 'about')} ${hectares(roughly(o.geometry))}`;
};
const joined = (list: Outline[]): Outline => ({ properties: {}, geometry: { type: 'MultiPolygon', coordinates: list.flatMap((o) => (o.geometry.type === 'Polygon' ? [o.geometry.coordinates] : o.geometry.coordinates as unknown[])) } });

/** Takes a file into the page: asks for the coordinate system where that is wanting, and which outline is meant. */
export async function bring(box: HTMLElement, file: File, systems: string[], take: (o: Outline, brought: Brought) => void, crs = ''): Promise<void> {
  try {
    const brought = await readOutlines(file, crs);
    const notes = brought.notes.map((n) => h('p.soft', {}, n));
    const choose = (v: string): void => take(v === 'all' ? joined(brought.outlines) : brought.outlines[Number(v)], brought);
    fill(box, brought.outlines.length > 1 ? field(tr(`文件中有 ${number(brought.outlines.length, 0)} 个面，审查：`, `${number(brought.outlines.length, 0)} polygons in the file; take:`),
      select([...brought.outlines.slice(0, CHOICE).map((o, i) => [String(i), tell(o, i)] as [string, string]), ['all', tr('全部，合为一个范围', 'All of them, as one outline')]], '0', choose, { id: 'which-outline' })) : null, notes);
    choose('0');
  } catch (why) {
    const own = h<HTMLInputElement>('input', { type: 'text', value: crs || systems[0] || '', list: 'crs-known', 'aria-label': tr('坐标系', 'Coordinate system'), id: 'file-crs' });
    if (!crs && !(why instanceof Problem && why.id === 'io.no-crs')) { fill(box, problem(why instanceof SyntaxError ? tr('文件不是有效的 GeoJSON', 'The file is no valid GeoJSON') : why)); return; }
    fill(box, crs ? problem(why) : h('p.hint', {}, tr('文件没有注明坐标系，请选择后读取。', 'The file does not say its coordinate system: choose it.')),
      h('form.row', { onsubmit: (e: Event) => { e.preventDefault(); void bring(box, file, systems, take, own.value.trim()); } }, own,
        h('datalist', { id: 'crs-known' }, systems.map((s) => h('option', { value: s }))), h('button', { type: 'submit' }, tr('按此读取', 'Read it so')), button(tr('取消', 'Cancel'), () => fill(box), 'button.quiet')));
  }
}
