/** Editing parcels: add, split, merge, reshape; shared borders stay shared, and a change is one revision or none. */
import Draw from 'ol/interaction/Draw';
import Modify from 'ol/interaction/Modify';
import Snap from 'ol/interaction/Snap';
import VectorLayer from 'ol/layer/Vector';
import VectorSource from 'ol/source/Vector';
import Feature from 'ol/Feature';
import MultiPolygon from 'ol/geom/MultiPolygon';
import Point from 'ol/geom/Point';
import LineString from 'ol/geom/LineString';
import PolygonGeom from 'ol/geom/Polygon';
import type Geometry from 'ol/geom/Geometry';
import { fromLonLat, transformExtent } from 'ol/proj';
import { Fill, Stroke, Style } from 'ol/style';
import { collections, get, may, Problem, queryables, who, type Collection, type Schema } from '../api';
import { askReason, busy, button, chip, clause, dialog, empty, field, fill, h, problem, select, toast } from '../dom';
import { boxOf, look, map, marks, quietDoubleClick, redraw, results, toggle } from '../map';
import type { Page } from '../page';
import { areaOf, Fit, join, nodeAll, splitBy, type Parcel, type Polygon, type XY } from '../parcels';
import { split } from '../split';
import { hectares, number, tr } from '../words';

const MOST = 3000;      // parcels under edit at once
const PAGE = 1000;      // of them in one answer, which is bounded
const CHANGES = 200;    // in one transaction, as the server takes them
const TOLERANCE = 0.02; // m on the map: a vertex this near to a border lies on it

interface Edited extends Parcel { dirty: boolean; fresh: boolean; gone: boolean; reshaped: boolean }
interface Work { layer: Collection; crs: string; north: boolean; fit: Fit; list: Edited[]; undo: Edited[][]; shelf: Edited[] } // shelf: mine, put aside for somebody else's
let work: Work | null = null; // kept while one looks elsewhere

const source = new VectorSource();
const styleOf = (f: Feature): Style => {
  const p = f.get('parcel') as Edited;
  const chosen = f.get('chosen') === true;
  const color = chosen ? '#175c8c' : p.dirty ? '#b4540a' : '#5c6975';
  return new Style({ stroke: new Stroke({ color, width: chosen ? 3 : p.dirty ? 2.5 : 1.2 }), fill: new Fill({ color: chosen ? '#175c8c33' : p.dirty ? '#b4540a33' : '#ffffff22' }) });
};
const layer = new VectorLayer({ source, zIndex: 880, style: (f) => styleOf(f as Feature) });

interface Item { id: string; revision?: number; geometry: { type: string; coordinates: unknown }; properties: Record<string, unknown> }
interface Loaded { features: Item[]; links: { rel: string; href: string }[] }
const polygons = (g: { type: string; coordinates: unknown }): XY[][][] => (g.type === 'MultiPolygon' ? g.coordinates as XY[][][] : g.type === 'Polygon' ? [g.coordinates as XY[][]] : []);

/** The parcel on the map, its vertices learnt: where they are in the working system. */
function learn(fit: Fit, north: boolean, f: Item, truth: Item): Polygon[] {
  const inWork = polygons(truth.geometry);
  return polygons(f.geometry).map((poly, i) => poly.map((ring, r) => {
    const m = ring.map((p) => fromLonLat(p) as XY);
    // shells run one way in the order of axes they are written in: with north first, the other way round
    let truths = inWork[i][r].map(([a, b]) => (north ? [b, a] : [a, b]) as XY);
    if (areaOf(truths) > 0 !== areaOf(m) > 0) truths = truths.reverse();
    m.forEach((p, n) => fit.learn(p, truths[n]));
    return m;
  }));
}

const tooMany = (n: string): Error => new Error(tr(`视野内${n}个图斑，一次最多编辑 ${MOST} 个。请放大地图后点“载入当前视野”。`, `${n} parcels are in view, ${MOST} can be edited at once. Zoom in, then load what is in view.`));
/** All features of a box, page by page. */
async function allOf(at: string): Promise<Item[]> {
  const list: Item[] = [];
  for (let path: string | undefined = at; path;) {
    const got: Loaded = await get<Loaded>(path, { accept: 'application/geo+json' });
    list.push(...got.features);
    const next = got.links.find((l) => l.rel === 'next');
    if (list.length > MOST || (next && list.length >= MOST)) throw tooMany(tr(`超过 ${MOST} `, `more than ${MOST}`));
    path = next ? new URL(next.href).pathname + new URL(next.href).search : undefined;
  }
  return list;
}

async function loadArea(c: Collection, box: number[]): Promise<Work> {
  const at = `/collections/${encodeURIComponent(c.id)}/items?limit=${PAGE}&bbox=${box.map((v) => v.toFixed(7)).join(',')}`;
  const about = await get<{ storageCrs?: string; storageCrsNorthFirst?: boolean }>(`/collections/${encodeURIComponent(c.id)}`);
  const crs = about.storageCrs ?? 'http://www.opengis.net/def/crs/OGC/1.3/CRS84', north = about.storageCrsNorthFirst === true;
  // parcels are spread evenly enough to tell beforehand that a whole city is too much
  const all = c.extent?.spatial.bbox[0], size = (b: number[]): number => Math.max(0, b[2] - b[0]) * Math.max(0, b[3] - b[1]);
  const cut = all ? [Math.max(all[0], box[0]), Math.max(all[1], box[1]), Math.min(all[2], box[2]), Math.min(all[3], box[3])] : box;
  const guess = all && size(all) > 0 ? c.featureCount * size(cut) / size(all) : 0;
  if (guess > 5 * MOST) throw tooMany(tr(`约有 ${number(guess, 0)} `, `about ${number(guess, 0)}`));
  const [shown, kept] = await Promise.all([allOf(at), allOf(`${at}&crs=${encodeURIComponent(crs)}`)]);
  const truths = new Map(kept.map((k) => [k.id, k]));
  const fit = new Fit();
  const list = shown.filter((f) => truths.has(f.id)).map((f): Edited => ({ id: f.id, revision: f.revision ?? 0, properties: f.properties, shape: learn(fit, north, f, truths.get(f.id)!), dirty: false, fresh: false, gone: false, reshaped: false }));
  return { layer: c, crs, north, fit, list, undo: [], shelf: [] };
}

export const page: Page = async (root, route) => {
  if (!who().account) {
    fill(root, h('div.centre', {}, empty(tr('编辑需要登录。', 'Sign in to edit.'), h('a.button', { href: `#/account?next=${encodeURIComponent('#/edit')}` }, tr('登录', 'Sign in')))));
    return;
  }
  const all = (await collections()).filter((c) => c.geometryType === 'polygon' && may('write', `layer:${c.id}`));
  if (!all.length) { fill(root, h('div.centre', {}, empty(tr('您没有任何图层的编辑权限。', 'You hold no right to write in any layer.')))); return; }
  const s = await split(root, tr('编辑', 'Edit'));
  map.addLayer(layer);
  let layerId = work?.layer.id ?? route.parts[0] ?? (all.find((c) => c.theme === 'survey') ?? all[0]).id;
  let chosen: Edited[] = [];
  let tool: 'pick' | 'add' | 'reshape' | 'split' = 'pick';
  const said = h('div', { id: 'edit-said', 'aria-live': 'polite' }), panel = h('div'), shelfBox = h('div'), tools = h('div.row', { role: 'group', 'aria-label': tr('工具', 'Tools') }), state = h('p.soft', { id: 'edit-state' });
  const measure = h<HTMLInputElement>('input', { type: 'checkbox', checked: true, id: 'edit-measure', 'aria-label': tr('保存时重算面积字段', 'Measure the area when saving') }), measureLine = h('label.inline', { hidden: true });
  let schema: Record<string, Schema> = {};

  const modify = new Modify({ source });
  const snap = new Snap({ source });
  let drawing: Draw | null = null, drawn = 0; // when one ended: the click that ends it chooses nothing
  const keyOf = (f: Feature): Edited => f.get('parcel') as Edited;

  function draw(): void {
    source.clear();
    for (const p of work?.list ?? []) if (!p.gone) source.addFeature(new Feature({ geometry: new MultiPolygon(p.shape), parcel: p, chosen: chosen.includes(p) }));
    const dirty = (work?.list ?? []).filter((p) => p.dirty);
    state.textContent = work ? tr(`已载入 ${work.list.filter((p) => !p.gone).length} 个图斑，${dirty.length} 个待保存`, `${work.list.filter((p) => !p.gone).length} parcels loaded, ${dirty.length} to save`) : '';
    (document.getElementById('edit-save') as HTMLButtonElement | null)?.toggleAttribute('disabled', dirty.length === 0);
    (document.getElementById('edit-undo') as HTMLButtonElement | null)?.toggleAttribute('disabled', !work?.undo.length);
    attributes();
  }
  // shapes and properties are replaced, never changed in place: to keep the list is to keep the state
  const remember = (): void => { work?.undo.push(work.list.map((p) => ({ ...p }))); if (work && work.undo.length > 50) work.undo.shift(); };
  function undo(): void {
    const last = work?.undo.pop();
    if (!work || !last) return;
    work.list = last;
    chosen = [];
    draw();
  }
  /** Neighbours get the vertices that now lie on their borders. */
  function settle(changed: Edited[]): void {
    if (!work) return;
    changed.forEach((p) => { p.dirty = p.reshaped = true; });
    const others = work.list.filter((p) => !p.gone && !changed.includes(p));
    for (const p of nodeAll(others, changed, TOLERANCE)) (p as Edited).dirty = true;
    nodeAll(changed, others, TOLERANCE);
    draw();
  }

  // ---- tools ----
  function use(next: typeof tool): void {
    tool = next;
    if (drawing) { map.removeInteraction(drawing); quietDoubleClick(false); }
    drawing = null;
    map.removeInteraction(modify);
    map.removeInteraction(snap);
    if (tool === 'reshape') map.addInteraction(modify);
    if (tool === 'add' || tool === 'split') {
      drawing = tool === 'add' ? new Draw({ type: 'Polygon', trace: true, traceSource: source }) : new Draw({ type: 'LineString' });
      drawing.on('drawend', (e) => { const g = e.feature.getGeometry()!; drawn = Date.now(); setTimeout(() => finish(g), 0); });
      quietDoubleClick(true);
      map.addInteraction(drawing);
    }
    if (tool !== 'pick') map.addInteraction(snap);
    const hints = {
      pick: tr('点击选择图斑，按住 Shift 可多选。', 'Click a parcel; Shift adds another.'),
      add: tr('逐点画出新图斑，靠近已有边界时自动吸附；点击边界可沿其描绘。双击结束。', 'Click the corners; borders attract, and a click on one traces it. Double-click to end.'),
      reshape: tr('拖动界址点；共用的界址点一起移动。按住 Alt 点击可删除点。', 'Drag a corner; shared corners move together. Alt-click removes one.'),
      split: tr('画一条线穿过所选图斑，可多次穿过边界；闭合的线挖出内部一块。双击结束。', 'Draw a line across the chosen parcel, as often as you like; a closed line cuts a piece out of its middle. Double-click to end.'),
    };
    fill(said, h('p.hint', {}, hints[tool]));
    toolbar();
  }
  const refuse = (text: string): void => fill(said, problem(text));
  function toolbar(): void {
    const b = (id: typeof tool, title: string, needs = true): HTMLElement => button(title, () => use(tool === id ? 'pick' : id), 'button', { id: `tool-${id}`, 'aria-pressed': String(tool === id), disabled: !work || !needs });
    fill(tools, b('pick', tr('选择', 'Pick')), b('add', tr('新增', 'Add')), b('reshape', tr('调整边界', 'Reshape')), b('split', tr('分割', 'Split'), chosen.length === 1),
      button(tr('合并', 'Merge'), merge, 'button', { id: 'tool-merge', disabled: chosen.length < 2, title: tr('并入先选的图斑，属性以它为准', 'Into the parcel chosen first, whose attributes stay') }), button(tr('删除', 'Delete'), remove, 'button.danger', { id: 'tool-delete', disabled: !chosen.length }));
  }
  modify.on('modifystart', remember);
  modify.on('modifyend', () => {
    const moved: Edited[] = [];
    source.forEachFeature((f) => {
      const p = keyOf(f as Feature), now = (f.getGeometry() as MultiPolygon).getCoordinates() as unknown as Polygon[];
      if (JSON.stringify(now) !== JSON.stringify(p.shape)) { p.shape = now; moved.push(p); }
    });
    if (moved.length) settle(moved);
  });

  /** Another id in the pattern of the layer's own, also in the field that holds it. */
  function rename(from: Edited): { id: string; properties: Record<string, unknown> } {
    const properties = { ...from.properties };
    const holder = holderOf(from);
    let id = '';
    do {
      const tail = String(Math.floor(Math.random() * 1e5)).padStart(5, '0');
      id = from.id.length > 8 ? from.id.slice(0, -5) + tail : `${from.id}-${tail.slice(2)}`;
    } while (work?.list.some((p) => p.id === id));
    if (holder) properties[holder] = id;
    return { id, properties };
  }
  const holderOf = (p: Edited): string | undefined => work?.layer.idField ?? Object.entries(p.properties).find(([, v]) => String(v) === p.id)?.[0];

  function finish(g: Geometry): void {
    if (!work) return;
    if (tool === 'add') {
      const model = chosen[0] ?? work.list[0];
      remember();
      const holder = model && holderOf(model);
      const renamed = model ? rename(model) : { id: `n${Date.now()}`, properties: {} };
      const p: Edited = { id: renamed.id, revision: 0, properties: holder ? { [holder]: renamed.id } : {}, shape: [(g as PolygonGeom).getCoordinates() as unknown as Polygon], dirty: true, fresh: true, gone: false, reshaped: true };
      work.list.push(p);
      chosen = [p];
      use('pick');
      settle([p]);
      return;
    }
    const p = chosen[0];
    const line = (g as LineString).getCoordinates() as XY[];
    const at = p?.shape.findIndex((poly) => splitBy(poly, line)) ?? -1;
    const parts = at >= 0 ? splitBy(p.shape[at], line) : null;
    if (!parts) { refuse(tr('这条线没有把所选图斑分开。请从边界外画到边界外，或画一条闭合的线。', 'The line does not part the chosen parcel. Draw it from outside to outside, or close it.')); return; }
    remember();
    p.shape = p.shape.map((poly, i) => (i === at ? parts[0] : poly)); // the largest keeps the id
    const others = parts.slice(1).map((part): Edited => {
      const made: Edited = { ...rename(p), revision: 0, shape: [part], dirty: true, fresh: true, gone: false, reshaped: true };
      work!.list.push(made);
      return made;
    });
    chosen = [p, ...others];
    use('pick');
    settle(chosen);
  }
  function merge(): void {
    if (!work || chosen.length < 2) return;
    remember();
    const [a, ...rest] = chosen;
    for (let left = rest; left.length;) { // whichever touches what is already one
      const b = left.find((k) => absorb(a, k));
      if (!b) { undo(); refuse(tr('所选图斑没有共用边界，不能合并', 'The chosen parcels share no border')); return; }
      b.gone = b.dirty = true;
      left = left.filter((k) => k !== b);
    }
    chosen = [a];
    settle([a]);
    toolbar();
  }
  function absorb(a: Edited, b: Edited): boolean {
    nodeAll([a], [b], TOLERANCE);
    nodeAll([b], [a], TOLERANCE);
    for (let i = 0; i < a.shape.length; i++) {
      for (let k = 0; k < b.shape.length; k++) {
        const made = join(a.shape[i], b.shape[k]);
        if (made) { a.shape = [made, ...a.shape.filter((_, n) => n !== i), ...b.shape.filter((_, n) => n !== k)]; return true; }
      }
    }
    return false;
  }
  function remove(): void {
    remember();
    chosen.forEach((p) => { p.gone = p.dirty = true; });
    chosen = [];
    draw();
    toolbar();
  }

  // ---- attributes ----
  function attributes(): void {
    const p = chosen[0];
    if (!p || chosen.length > 1) { fill(panel, chosen.length > 1 ? h('p.soft', {}, chosen.map((k) => k.id).join(' + ')) : null); return; }
    const m2 = p.shape.reduce((n, poly) => n + poly.reduce((k, r, i) => k + (i ? -1 : 1) * Math.abs(workArea(r)), 0), 0);
    const areaField = work?.layer.areaField ?? '', stated = p.properties[areaField];
    const alike = p.reshaped && typeof stated === 'number' ? Object.entries(p.properties).filter(([k, v]) => k !== areaField && typeof v === 'number' && v > 0 && Math.abs(v - stated) < 0.05).map(([k]) => schema[k]?.title ?? k) : [];
    fill(panel, h('section.card', { id: 'attributes' }, h('h2', {}, p.id, p.fresh ? chip(tr('新', 'new'), 'on') : null), h('p.soft', {}, `${tr('面积约', 'About')} ${hectares(m2)}`),
      alike.length ? h('p.notice', {}, tr(`${alike.join('、')}原与${schema[areaField]?.title ?? areaField}相等，边界改变后请核对。`, `${alike.join(', ')} equalled ${schema[areaField]?.title ?? areaField}: look at it, since the border has changed.`)) : null,
      Object.entries(schema).filter(([k]) => k !== 'id').map(([k, v]) => {
        const codes = k === work?.layer.classField ? work.layer.classes ?? [] : [];
        const value = p.properties[k];
        const set = (text: string): void => {
          remember();
          const next: Record<string, unknown> = { ...p.properties, [k]: text === '' ? null : v.type === 'number' || v.type === 'integer' ? Number(text) : v.type === 'boolean' ? text === 'true' : text };
          // a field that holds the name of the class goes along with its code
          const name = codes.find((c) => c.code === String(value))?.title;
          for (const [f, held] of Object.entries(p.properties)) if (name && held === name) next[f] = codes.find((c) => c.code === text)?.title ?? null;
          p.properties = next;
          p.dirty = true;
          draw();
        };
        const input = codes.length ? select([['', '—'], ...codes.map((c) => [c.code, `${c.code} ${c.title}`] as [string, string])], String(value ?? ''), set)
          : h<HTMLInputElement>('input', { type: v.type === 'number' || v.type === 'integer' ? 'number' : 'text', step: 'any', value: value ?? '', onchange: (e: Event) => set((e.target as HTMLInputElement).value) });
        input.setAttribute('data-field', k);
        return field(v.title || k, input);
      })));
  }
  const workArea = (ring: XY[]): number => {
    if (!work) return 0;
    const r = ring.map((q) => work!.fit.work(q));
    return r.reduce((n, q, i) => (i ? n + ((r[i - 1][0] - r[0][0]) * (q[1] - r[0][1]) - (q[0] - r[0][0]) * (r[i - 1][1] - r[0][1])) / 2 : n), 0);
  };

  // ---- saving ----
  function body(): object[] {
    const w = work!;
    const change = (p: Edited): object => {
      const named = { collection: w.layer.id, id: p.id, ...(p.fresh ? {} : { revision: p.revision }) };
      if (p.gone) return { change: 'delete', ...named };
      const shape = p.shape.map((poly) => poly.map((ring) => ring.map((q) => { const [east, north] = w.fit.work(q); return w.north ? [north, east] : [east, north]; })));
      const geometry = shape.length === 1 ? { type: 'Polygon', coordinates: shape[0] } : { type: 'MultiPolygon', coordinates: shape };
      return { change: p.fresh ? 'create' : 'replace', ...named, ...(p.reshaped && w.layer.areaField && measure.checked ? { measure: true } : {}), feature: { type: 'Feature', id: p.id, properties: p.properties, geometry } };
    };
    return w.list.filter((p) => p.dirty && !(p.gone && p.fresh)).map(change);
  }
  async function saveAll(given?: string): Promise<void> {
    if (!work) return;
    const changes = body();
    if (changes.length > CHANGES) { refuse(tr(`一次最多保存 ${CHANGES} 个图斑的修改，现有 ${changes.length} 个。请先撤销一部分。`, `At most ${CHANGES} parcels are saved at once; there are ${changes.length}. Undo some first.`)); return; }
    const reason = given ?? await askReason(tr('保存修改', 'Save the changes'), tr(`${changes.length} 个图斑将一次保存为一个修订。`, `${changes.length} parcels are saved as one revision.`));
    if (!reason) return;
    fill(said, busy(tr('正在检查并保存……', 'Checking and saving …')));
    results.clear();
    try {
      const done = await get<{ revision: number; changes: { measuredM2?: number }[] }>('/transactions', { body: { reason, changes }, headers: { 'Content-Crs': `<${work.crs}>` } });
      const measured = done.changes.filter((c) => c.measuredM2).length, title = schema[work.layer.areaField ?? '']?.title ?? '';
      toast(tr(`已保存，修订 ${done.revision}`, `Saved as revision ${done.revision}`) + (measured ? tr(`；${measured} 个图斑的${title}已重算`, `; ${title} of ${measured} parcels measured anew`) : ''));
      const { shelf } = work;
      work = null;
      chosen = [];
      redraw();
      await open();
      if (work as Work | null) (work as unknown as Work).shelf = shelf;
      shelved();
    } catch (why) { await explainFault(why, reason); }
  }
  async function explainFault(why: unknown, reason: string): Promise<void> {
    fill(said, problem(why));
    if (!(why instanceof Problem) || !work) return;
    for (const f of why.findings) {
      said.append(h('article.finding.fail', {}, h('h3', {}, f.said), f.comply ? h('p.comply', {}, f.comply) : null, h('p.tags', {}, f.clauses.map(clause))));
      if (typeof f.x === 'number' && typeof f.y === 'number') results.addFeature(new Feature({ geometry: new Point(work.fit.map([f.x, f.y])), result: 'fail' }));
    }
    const x = why.place?.x, y = why.place?.y;
    if (typeof x === 'number' && typeof y === 'number') { // of the working system; east first
      const spot = work.fit.map([x, y]);
      results.addFeature(new Feature({ geometry: new Point(spot), result: 'fail', loud: true }));
      look([spot[0] - 150, spot[1] - 150, spot[0] + 150, spot[1] + 150], 18);
    }
    const named = work.list.find((p) => p.id === why.place?.feature);
    if (named) { chosen = [named]; draw(); toolbar(); }
    const wrongField = typeof why.place?.field === 'string' ? panel.querySelector<HTMLElement>(`[data-field="${CSS.escape(why.place.field)}"]`) : null;
    wrongField?.setAttribute('aria-invalid', 'true');
    if (why.status === 412 || why.status === 409) await conflict(reason);
  }
  /** Somebody was faster: both states are shown, and nothing is thrown away. */
  async function conflict(reason: string): Promise<void> {
    const w = work!;
    const mine = w.list.filter((p) => p.dirty && !p.fresh);
    const item = (p: Edited, crs = ''): Promise<Item | null> => get<Item>(`/collections/${encodeURIComponent(w.layer.id)}/items/${encodeURIComponent(p.id)}${crs ? `?crs=${encodeURIComponent(crs)}` : ''}`, { accept: 'application/geo+json' }).catch(() => null);
    const theirs = await Promise.all(mine.map((p) => item(p)));
    const other = mine.map((p, i) => ({ p, t: theirs[i] })).filter(({ p, t }) => !t || t.revision !== p.revision);
    marks.clear();
    for (const { t } of other) if (t) marks.addFeature(new Feature(new MultiPolygon(polygons(t.geometry).map((poly) => poly.map((ring) => ring.map((q) => fromLonLat(q)))))));
    const answer = await dialog<'mine' | 'theirs'>(tr('他人已先修改', 'Somebody else was faster'), (done) => [
      h('p', {}, tr('保存前，下列图斑已被他人修改。您的修改仍保留在本页；蓝色轮廓为对方的版本，橙色为您的版本。', 'These parcels were changed meanwhile. Your changes are kept here; blue outlines are theirs, orange ones yours.')),
      h('div.scroll', {}, h('table.list', { id: 'conflict' }, h('thead', {}, h('tr', {}, [tr('图斑', 'Parcel'), tr('属性', 'Attribute'), tr('我的', 'Mine'), tr('对方', 'Theirs')].map((k) => h('th', { scope: 'col' }, k)))),
        h('tbody', {}, other.flatMap(({ p, t }) => {
          if (!t) return [h('tr', {}, h('td', {}, p.id), h('td', {}, ''), h('td', {}, p.gone ? tr('删除', 'deleted') : tr('修改', 'changed')), h('td', {}, tr('已删除', 'deleted')))];
          const keys = Object.keys({ ...p.properties, ...t.properties }).filter((k) => String(p.properties[k] ?? '') !== String(t.properties[k] ?? ''));
          const rows = keys.map((k) => h('tr', {}, h('td', {}, p.id), h('td', {}, schema[k]?.title ?? k), h('td', {}, String(p.properties[k] ?? '—')), h('td', {}, String(t.properties[k] ?? '—'))));
          return rows.length ? rows : [h('tr', {}, h('td', {}, p.id), h('td', {}, tr('边界', 'Border')), h('td', {}, number(p.shape.flat(2).length, 0)), h('td', {}, number(polygons(t.geometry).flat(2).length, 0)))];
        })))),
      h('div.row.end', {}, button(tr('先不处理', 'Leave it for now'), () => done(null)), button(tr('采用对方版本', 'Take theirs'), () => done('theirs')), button(tr('以我的为准重新保存', 'Save mine over it'), () => done('mine'), 'button.main'))]);
    if (answer === 'mine') {
      for (const { p, t } of other) { if (t) p.revision = t.revision ?? 0; else { p.fresh = true; p.revision = 0; } }
      marks.clear();
      await saveAll(reason);
    } else if (answer === 'theirs') {
      remember();
      for (const { p, t } of other) {
        w.shelf.push({ ...p });
        const truth = t ? await item(p, w.crs) : null;
        if (!t || !truth) { p.gone = true; p.fresh = true; p.dirty = false; continue; }
        p.properties = t.properties;
        p.revision = t.revision ?? 0;
        p.shape = learn(w.fit, w.north, t, truth);
        p.dirty = p.gone = p.reshaped = false;
      }
      marks.clear();
      fill(said, h('p.hint', {}, tr('已采用对方版本；您的版本在下方“搁置的修改”里，其余修改仍在。', 'Theirs is taken; yours is kept below, and your other changes are still here.')));
      draw();
      shelved();
    }
  }
  /** What was mine where theirs was taken: looked at, put on again, or let go. */
  function shelved(): void {
    const list = work?.shelf ?? [];
    fill(shelfBox, list.length ? h('section.card', { id: 'shelf' }, h('h2', {}, tr('搁置的修改', 'Changes put aside')), list.map((m) => h('div.row', {}, h('span.grow', {}, m.id),
      button(tr('看边界', 'Show'), () => { marks.clear(); marks.addFeature(new Feature(new MultiPolygon(m.shape))); look(marks.getExtent(), 18); }, 'button.quiet'),
      button(tr('重新应用', 'Put on again'), () => { again(m); }, 'button', { 'data-shelf': m.id }),
      button('×', () => { drop(m); }, 'button.quiet', { 'aria-label': tr(`放弃搁置的修改 ${m.id}`, `Let go of what is put aside of ${m.id}`) })))) : null);
  }
  const drop = (m: Edited): void => { if (work) work.shelf = work.shelf.filter((k) => k !== m); marks.clear(); shelved(); };
  function again(m: Edited): void {
    if (!work) return;
    remember();
    let p = work.list.find((k) => k.id === m.id);
    if (!p) { p = { ...m, fresh: true, revision: 0 }; work.list.push(p); }
    const { revision, fresh, gone } = p;
    Object.assign(p, m, { revision, fresh: fresh || gone, gone: m.gone, dirty: true });
    chosen = [p];
    drop(m);
    if (m.reshaped) settle([p]); else draw();
    toolbar();
  }

  // ---- the area under edit ----
  async function open(): Promise<void> {
    const c = all.find((k) => k.id === layerId) ?? all[0];
    toggle(c, true);
    fill(said, busy());
    try {
      schema = await queryables(c.id);
      tellMeasure(c);
      const box = transformExtent(map.getView().calculateExtent(map.getSize()), 'EPSG:3857', 'EPSG:4326');
      work = await loadArea(c, box);
      fill(said, work.list.length ? null : empty(tr('视野内没有图斑', 'No parcel in view')));
      use('pick');
    } catch (why) { work = null; fill(said, problem(why)); }
    chosen = [];
    draw();
    toolbar();
  }
  const tellMeasure = (c: Collection): void => {
    measureLine.hidden = !c.areaField;
    fill(measureLine, measure, c.areaField ? tr(`保存时按新边界重算“${schema[c.areaField]?.title ?? c.areaField}”`, `Measure ${schema[c.areaField]?.title ?? c.areaField} of changed borders when saving`) : '');
  };
  s.extra.click = (_at, pixel) => {
    if (tool !== 'pick' || Date.now() - drawn < 600) return true;
    const hit = map.forEachFeatureAtPixel(pixel, (f) => f as Feature, { layerFilter: (l) => l === layer });
    const p = hit ? keyOf(hit) : null;
    const more = shift;
    chosen = !p ? [] : !more ? [p] : chosen.includes(p) ? chosen.filter((k) => k !== p) : [...chosen, p];
    draw();
    toolbar();
    return true;
  };
  let shift = false;
  const keys = (e: KeyboardEvent): void => { if (e.key === 'Escape') use('pick'); };
  const pointer = (e: PointerEvent): void => { shift = e.shiftKey; }; // a single click is told later than it was made
  const guard = (e: BeforeUnloadEvent): void => { if (work?.list.some((p) => p.dirty)) e.preventDefault(); };
  document.addEventListener('keydown', keys);
  s.box.addEventListener('pointerdown', pointer, true);
  window.addEventListener('beforeunload', guard);

  const find = h<HTMLInputElement>('input', { type: 'text', id: 'edit-find', placeholder: tr('按编号选择，回车', 'Choose by id, Enter'), 'aria-label': tr('按编号选择图斑', 'Choose a parcel by its id') });
  find.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter') return;
    const p = work?.list.find((k) => !k.gone && k.id === find.value.trim());
    if (!p) { refuse(tr('载入的图斑里没有这个编号', 'No parcel that is loaded has this id')); return; }
    chosen = [p];
    look(new MultiPolygon(p.shape).getExtent(), 17);
    fill(said);
    draw();
    toolbar();
  });
  fill(s.aside, h('h1', {}, tr('编辑图斑', 'Edit parcels')),
    field(tr('图层', 'Layer'), select(all.map((c) => [c.id, c.title]), layerId, (v) => { if (work?.list.some((p) => p.dirty)) { toast(tr('请先保存或放弃修改', 'Save or drop the changes first'), true); return; } layerId = v; work = null; void open(); }, { id: 'edit-layer' })),
    h('div.row', {}, find, button(tr('载入当前视野', 'Load what is in view'), () => { if (work?.list.some((p) => p.dirty)) toast(tr('请先保存或放弃修改', 'Save or drop the changes first'), true); else void open(); }, 'button', { id: 'edit-load' })),
    tools, state, said, measureLine,
    h('div.row', {}, button(tr('保存', 'Save'), () => { void saveAll(); }, 'button.main', { id: 'edit-save', disabled: true }), button(tr('撤销', 'Undo'), undo, 'button', { id: 'edit-undo', disabled: true }),
      button(tr('放弃修改', 'Drop changes'), () => { work = null; results.clear(); void open(); }, 'button.quiet', { id: 'edit-drop' })), shelfBox, panel);
  shelved();
  const [, featureId] = route.parts;
  if (work) { schema = await queryables(work.layer.id); tellMeasure(work.layer); use('pick'); draw(); } else {
    const c = all.find((k) => k.id === layerId);
    if (featureId && c) {
      const f = await get<{ geometry: { type: string; coordinates: unknown } }>(`/collections/${encodeURIComponent(c.id)}/items/${encodeURIComponent(featureId)}`, { accept: 'application/geo+json' });
      const points = polygons(f.geometry).flat(2);
      look(boxOf([Math.min(...points.map((p) => p[0])), Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[0])), Math.max(...points.map((p) => p[1]))]), 17);
      await new Promise((r) => { setTimeout(r, 350); });
    }
    await open();
    const p = (work as Work | null)?.list.find((k) => k.id === featureId);
    if (p) { chosen = [p]; draw(); toolbar(); }
  }
  return () => {
    use('pick');
    map.removeInteraction(modify);
    map.removeInteraction(snap);
    map.removeLayer(layer);
    document.removeEventListener('keydown', keys);
    window.removeEventListener('beforeunload', guard);
    s.leave();
  };
};
