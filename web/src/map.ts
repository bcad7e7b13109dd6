/** The one map that all pages share: layers on and off, marks of the page in front, and the card of a feature. */
import Map from 'ol/Map';
import View from 'ol/View';
import MVT from 'ol/format/MVT';
import GeoJSON from 'ol/format/GeoJSON';
import VectorTileLayer from 'ol/layer/VectorTile';
import VectorTileSource from 'ol/source/VectorTile';
import VectorLayer from 'ol/layer/Vector';
import VectorSource from 'ol/source/Vector';
import ScaleLine from 'ol/control/ScaleLine';
import TileLayer from 'ol/layer/Tile';
import XYZ from 'ol/source/XYZ';
import Feature, { type FeatureLike } from 'ol/Feature';
import Point from 'ol/geom/Point';
import type Geometry from 'ol/geom/Geometry';
import type RenderEvent from 'ol/render/Event';
import DoubleClickZoom from 'ol/interaction/DoubleClickZoom';
import { defaults as controls } from 'ol/control/defaults';
import { transformExtent } from 'ol/proj';
import { getCenter, isEmpty, type Extent } from 'ol/extent';
import { unByKey } from 'ol/Observable';
import type { EventsKey } from 'ol/events';
import { Circle, Fill, Stroke, Style, Text } from 'ol/style';
import { collections, districts, queryables, type Class, type Collection } from './api';
import { button, chip, clause, fill, h, problem } from './dom';
import { area, colon, number, originName, tr } from './words';

export const geojson = new GeoJSON({ dataProjection: 'EPSG:4326', featureProjection: 'EPSG:3857' });
export const FAIL = '#b3261e', OPEN = '#c48a00', ACCENT = '#175c8c';

export const marks = new VectorSource();   // the subject, outlines being drawn
export const results = new VectorSource(); // overlaps of a verdict, places of problems
export const picked = new VectorSource();  // the feature or record in front
export const moves = new VectorSource();   // parcels that moved a figure
const names = new VectorSource();

const resultStyle = (f: FeatureLike): Style => {
  const color = f.get('result') === 'fail' ? FAIL : f.get('result') === 'attached' ? ACCENT : OPEN;
  const loud = f.get('loud') ? 4 : 2;
  return new Style({
    stroke: new Stroke({ color, width: loud }), fill: new Fill({ color: `${color}${f.get('loud') ? '99' : color === FAIL ? '55' : color === ACCENT ? '22' : '05'}` }), // the undecidable lie over each other by the dozen
    image: new Circle({ radius: 8, fill: new Fill({ color: `${color}88` }), stroke: new Stroke({ color: '#fff', width: 2 }) }),
    zIndex: f.get('loud') ? 2 : f.get('result') === 'fail' ? 1 : 0,
  });
};
const plain = (color: string, width: number): Style => new Style({
  stroke: new Stroke({ color, width }), fill: new Fill({ color: `${color}22` }),
  image: new Circle({ radius: 6, fill: new Fill({ color }), stroke: new Stroke({ color: '#fff', width: 2 }) }),
});

export const map = new Map({
  controls: controls({ attribution: false, rotate: false }).extend([new ScaleLine()]),
  view: new View({ center: [0, 0], zoom: 2, maxZoom: 20, enableRotation: false }),
  layers: [
    new VectorLayer({ source: marks, zIndex: 900, style: plain(ACCENT, 3) }),
    new VectorLayer({ source: moves, zIndex: 905, style: (f) => plain(Number(f.get('part')) > 0 ? '#1d6b3a' : FAIL, 2) }),
    new VectorLayer({ source: results, zIndex: 910, style: resultStyle }),
    new VectorLayer({ source: picked, zIndex: 920, style: plain('#d81b60', 3) }),
    new VectorLayer({
      source: names, zIndex: 930, declutter: true, maxResolution: 400,
      style: (f) => new Style({ text: new Text({ text: String(f.get('name')), font: '600 13px "Noto Sans CJK SC", "Microsoft YaHei", sans-serif', fill: new Fill({ color: '#26323d' }), stroke: new Stroke({ color: '#ffffffd8', width: 3 }) }) }),
    }),
  ],
});

// ---- layers -------------------------------------------------------------------------------------
const palette = ['#7fb069', '#e6aa68', '#6a8caf', '#b5838d', '#a5a58d', '#d68c45', '#5f9ea0', '#9b72aa'];
export function colour(c: Collection): string {
  const sum = [...c.id].reduce((n, ch) => n + ch.charCodeAt(0), 0);
  return c.color ?? palette[sum % palette.length];
}
export function classOf(c: Collection, code: string): Class | undefined {
  for (let n = code.length; n > 0; n--) {
    const found = c.classes?.find((k) => k.code === code.slice(0, n));
    if (found) return found;
  }
  return undefined;
}

const isUnit = (c: Collection): boolean => c.theme === 'units' && c.geometryType === 'polygon';
function layerStyle(c: Collection): (f: FeatureLike) => Style {
  const styles: Record<string, Style> = {};
  return (f) => {
    const code = c.classField ? String(f.get(c.classField) ?? '') : '';
    const merged = f.get('id') === undefined; // of low zooms: patches of a class, their borders are nobody's
    return (styles[`${code}${merged ? '' : '#'}`] ??= ((): Style => {
      const color = classOf(c, code)?.color ?? colour(c);
      if (isUnit(c)) return new Style({ stroke: new Stroke({ color: '#4a5a68', width: c.featureCount > 60 ? 0.6 : 1.4 }), fill: new Fill({ color: '#ffffff01' }) });
      if (merged) return new Style({ fill: new Fill({ color: c.classes ? `${color}cc` : `${color}99` }) });
      const stroke = new Stroke({ color: c.classes ? '#00000030' : color, width: c.classes ? 0.5 : 1.5 });
      return new Style({ stroke, fill: new Fill({ color: c.classes ? `${color}cc` : `${color}55` }), image: new Circle({ radius: 4, fill: new Fill({ color }), stroke }) });
    })());
  };
}

/** A moment of the map, as the server is asked for it: 'datetime=2023-12-31', 'revision=12', '' for now. */
export type Then = string;
const asked = (path: string, then: Then): string => (then ? `${path}?${then}` : path);
const tileUrl = (c: Collection, then: Then): string => asked(`/collections/${c.id}/tiles/WebMercatorQuad/{z}/{y}/{x}`, then);
function tileLayer(c: Collection, then: Then): VectorTileLayer {
  return new VectorTileLayer({
    source: new VectorTileSource({ format: new MVT(), url: tileUrl(c, then), maxZoom: 16 }),
    style: layerStyle(c), declutter: false, properties: { id: c.id, then },
  });
}

const shown: Record<string, VectorTileLayer> = {};
let known: Collection[] = [];
let now: Then = '';
const watchers = new Set<() => void>();
const changed = (): void => watchers.forEach((fn) => fn());
export const whenLayersChange = (fn: () => void): (() => void) => { watchers.add(fn); return () => watchers.delete(fn); };
export const visible = (): Collection[] => known.filter((c) => shown[c.id]?.getVisible());
export const isOn = (id: string): boolean => Boolean(shown[id]?.getVisible());
export const opacity = (id: string): number => shown[id]?.getOpacity() ?? 1;
export const setOpacity = (id: string, value: number): void => { shown[id]?.setOpacity(value); };

export function toggle(c: Collection, on: boolean): void {
  if (on && !shown[c.id]) {
    const layer = tileLayer(c, now);
    const order = known.findIndex((k) => k.id === c.id);
    layer.setZIndex(isUnit(c) ? 800 - order : c.geometryType === 'polygon' ? (known.length - order) * (c.theme === 'survey' ? 0 : 1) : 700 - order);
    shown[c.id] = layer;
    map.addLayer(layer);
  }
  shown[c.id]?.setVisible(on);
  changed();
}
export function toggleId(id: string, on: boolean): void {
  const c = known.find((k) => k.id === id);
  if (c) toggle(c, on);
}
// ---- grids --------------------------------------------------------------------------------------
const grids: Record<string, TileLayer<XYZ>> = {};
export const gridOn = (id: string): boolean => Boolean(grids[id]?.getVisible());
export const gridsOn = (): string[] => Object.keys(grids).filter(gridOn);
export function toggleGrid(id: string, on: boolean): void {
  if (on && !grids[id]) {
    grids[id] = new TileLayer({ source: new XYZ({ url: `/grids/${encodeURIComponent(id)}/map/tiles/WebMercatorQuad/{z}/{y}/{x}`, maxZoom: 16 }), opacity: 0.85, zIndex: 650 });
    map.addLayer(grids[id]);
  }
  grids[id]?.setVisible(on);
  changed();
}

/** Draws every layer as the map was at a moment. */
export function showThen(then: Then): void {
  if (then === now) return;
  now = then;
  for (const [id, layer] of Object.entries(shown)) {
    const c = known.find((k) => k.id === id);
    if (c) layer.getSource()?.setUrl(tileUrl(c, then));
    layer.set('then', then);
  }
}
const inView = (id: string): FeatureLike[] => (shown[id]?.getVisible() ? shown[id].getFeaturesInExtent(map.getView().calculateExtent(map.getSize())) : []);
export const anyInView = (c: Collection): boolean => inView(c.id).length > 0;
/** The codes of a layer's classes that are in view, of what has been drawn so far. */
export function codesInView(c: Collection): Set<string> {
  const codes = new Set<string>();
  if (c.classField) for (const f of inView(c.id)) codes.add(String(f.get(c.classField) ?? ''));
  return codes;
}
/** Fetches tiles anew, after a change of the map. */
export const redraw = (): void => { for (const layer of Object.values(shown)) layer.getSource()?.refresh(); };

// ---- swipe: another moment, or another layer, on the right of a line -----------------------------
let swiped: VectorTileLayer | null = null;
let keys: EventsKey[] = [];
let at = 0.5;
export function swipe(c: Collection | null, then: Then = ''): void {
  unByKey(keys);
  keys = [];
  if (swiped) map.removeLayer(swiped);
  swiped = null;
  if (!c) return;
  swiped = tileLayer(c, then);
  swiped.setZIndex(750);
  const begin = (e: RenderEvent): void => {
    const ctx = e.context as CanvasRenderingContext2D;
    ctx.save();
    ctx.beginPath();
    ctx.rect(ctx.canvas.width * at, 0, ctx.canvas.width, ctx.canvas.height);
    ctx.clip();
    ctx.fillStyle = '#eef1f3';
    ctx.fillRect(ctx.canvas.width * at, 0, ctx.canvas.width, ctx.canvas.height);
  };
  keys = [swiped.on('prerender', begin), swiped.on('postrender', (e) => (e.context as CanvasRenderingContext2D).restore())];
  map.addLayer(swiped);
}
export function swipeTo(share: number): void { at = share; map.render(); }

/** The double click that ends a drawing does not zoom. */
let waking = 0;
export function quietDoubleClick(quiet: boolean): void {
  clearTimeout(waking);
  const set = (on: boolean): void => map.getInteractions().forEach((i) => { if (i instanceof DoubleClickZoom) i.setActive(on); });
  if (quiet) set(false);
  else waking = window.setTimeout(() => set(true), 500);
}

// ---- view ---------------------------------------------------------------------------------------
export const boxOf = (bbox: number[]): Extent => transformExtent(bbox, 'EPSG:4326', 'EPSG:3857');
export function look(extent: Extent, maxZoom = 16): void {
  if (isEmpty(extent)) return;
  const [w] = map.getSize() ?? [800];
  map.getView().fit(extent, { padding: Array(4).fill(w < 500 ? 24 : 70) as number[], maxZoom, duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 250 });
}
export function clearMarks(): void {
  for (const s of [marks, results, picked, moves]) s.clear();
}

let begun: Promise<void> | null = null;
/** The first look: the whole territory with its units and land use. */
async function begin(): Promise<void> {
  known = await collections();
  const land = known.find((c) => c.theme === 'survey' && c.classes?.length && c.featureCount) ?? known.find((c) => c.featureCount);
  const box = (land ?? known[0])?.extent?.spatial.bbox[0];
  if (box) map.getView().fit(boxOf(box), { size: map.getSize(), padding: [16, 16, 16, 16] });
  const units = known.find((c) => isUnit(c) && c.featureCount > 1);
  if (units) toggle(units, true);
  if (land) toggle(land, true);
  map.once('rendercomplete', () => { performance.mark('guotu:drawn'); }); // for bench/first_view.sh
  void label();
}
/** Names of the districts, each within its own; nothing waits for them. */
async function label(): Promise<void> {
  for (const d of await districts().catch(() => [])) {
    const geometry = geojson.readGeometry(d.geometry) as Geometry;
    const inner = (geometry as unknown as { getInteriorPoints?: () => Geometry; getInteriorPoint?: () => Geometry });
    const point = inner.getInteriorPoint?.() ?? inner.getInteriorPoints?.();
    const spot = point ? getCenter(point.getExtent()) : getCenter(geometry.getExtent());
    names.addFeature(new Feature({ geometry: new Point(spot), name: d.properties.name ?? d.id }));
  }
}

/** Puts the map into a page. */
export async function mount(target: HTMLElement): Promise<void> {
  map.setTarget(target);
  requestAnimationFrame(() => map.updateSize());
  known = await collections();
  begun ??= begin();
  await begun;
}

// ---- the card of a feature ----------------------------------------------------------------------
const shape = (v: unknown, title?: string): string => {
  if (typeof v === 'boolean') return v ? tr('是', 'yes') : tr('否', 'no');
  if (typeof v === 'number' && !/年|year/i.test(title ?? '')) return number(v, 4);
  return String(v);
};

export interface Shown { collection: Collection; id: string; properties: Record<string, unknown>; geometry: object; etag: string | null }
export type CardExtra = (shown: Shown) => HTMLElement | null;

export async function readFeature(c: Collection, id: string, then: Then = ''): Promise<Shown> {
  const reply = await fetch(asked(`/collections/${c.id}/items/${encodeURIComponent(id)}`, then), { headers: { Accept: 'application/geo+json' }, cache: 'no-cache' });
  const f = await reply.json();
  if (!reply.ok) throw new Error(f.detail ?? f.title);
  return { collection: c, id, properties: f.properties, geometry: f.geometry, etag: reply.headers.get('ETag') };
}

const thenName = (then: Then): string => (then.startsWith('revision=') ? tr(`修订 ${then.slice(9)} 时的状态`, `As of revision ${then.slice(9)}`) : tr(`${then.slice(9)} 的状态`, `As of ${then.slice(9)}`));
export async function showCard(card: HTMLElement, c: Collection, id: string, extra?: CardExtra, then: Then = ''): Promise<void> {
  const close = button('×', () => { card.hidden = true; picked.clear(); map.getTargetElement()?.focus(); }, 'button.close', { 'aria-label': tr('关闭', 'Close') });
  card.hidden = false;
  try {
    const [f, q] = await Promise.all([readFeature(c, id, then), queryables(c.id)]);
    const rows = Object.entries(f.properties).filter(([, v]) => v !== null && v !== '').map(([name, v]) => {
      const k = name === c.classField ? classOf(c, String(v)) : undefined;
      return h('tr', {}, h('th', { scope: 'row' }, q[name]?.title || name),
        h('td', {}, k ? [h('i.swatch', { style: `background:${k.color}` }), `${/^\d/.test(String(v)) ? `${String(v)} ` : ''}${k.title}`] : shape(v, `${name} ${q[name]?.title}`)));
    });
    picked.clear();
    picked.addFeature(new Feature(geojson.readGeometry(f.geometry) as Geometry));
    fill(card, close, h('h2', {}, c.title), h('p.soft', {}, `${tr('编号', 'Id')} ${id}`, then ? h('span.chip.open', {}, thenName(then)) : null),
      h('table.facts', {}, h('tbody', {}, rows)),
      c.clauses.length ? h('p', {}, tr('条款 ', 'Clauses '), c.clauses.map(clause)) : null,
      c.source ? h('p.soft', {}, `${tr('依据', 'Source')}${colon()}${c.source}`) : null,
      c.origin === 'generated' ? h('p.notice', {}, tr('生成数据，非调查成果', 'Generated data, not a survey')) : null,
      then ? null : extra?.(f) ?? null);
    close.focus();
  } catch (why) {
    fill(card, close, problem(why));
  }
}

/** Topmost feature of a layer under a pixel, on its side of the line when two maps are compared. */
export function featureAt(pixel: number[]): { collection: Collection; id: string; then: Then } | null {
  const right = swiped !== null && pixel[0] > (map.getSize()?.[0] ?? 0) * at;
  const look1 = (units: boolean): { collection: Collection; id: string; then: Then } | undefined => map.forEachFeatureAtPixel(pixel, (f, layer) => {
    const c = known.find((k) => k.id === layer?.get('id'));
    const id = f.get('id');
    return c && id !== undefined && isUnit(c) === units ? { collection: c, id: String(id), then: String(layer.get('then') ?? '') } : undefined;
  }, { hitTolerance: units ? 0 : 2, layerFilter: (l) => (l === swiped ? right : !right || isUnit(known.find((k) => k.id === l.get('id')) ?? known[0])) });
  return look1(false) ?? look1(true) ?? null;
}

/** Title, size, origin: how a layer is told in one line. */
export const layerLine = (c: Collection): HTMLElement => h('p.soft', {},
  `${number(c.featureCount, 0)} ${tr('个要素', 'features')}${c.areaM2 ? ` · ${area(c.areaM2)}` : ''} · `, chip(originName(c.origin), c.origin));
