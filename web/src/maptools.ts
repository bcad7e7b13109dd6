/** Over the map: the moment it is of, another moment beside it, what its colours mean, and what lies within a drawn outline. */
import Feature from 'ol/Feature';
import type Geometry from 'ol/geom/Geometry';
import { collections, get, once, type Class, type Collection } from './api';
import { busy, button, fill, h, problem, save } from './dom';
import { startDrawing, stopDrawing } from './draw';
import { gridKey, type GridKey } from './layers';
import { anyInView, classOf, codesInView, colour, geojson, gridsOn, map, marks, showThen, swipe, swipeTo, visible, whenLayersChange, type Then } from './map';
import { area, hectares, moment, number, tr } from './words';
import type { Split } from './split';

const BACK = 8;        // years on the slider at least
const YEARS = 40;      // and at most
const REVISIONS = 500; // as many as the server gives at once
const BESIDE = 30;     // revisions offered for comparing
const KEYS = 16;       // classes of a legend before they are told by their main class

interface Inside {
  area_m2: number;
  layers: { layer: string; title: string; generated: boolean; features: number; m2: number; length_m: number; classes: { code: string | null; title: string; color: string | null; features: number; m2: number }[] }[];
}
interface Revision { revision: number; time: string; message: string | null; put: number; deleted: number }
interface Stop { then: Then; title: string; note: string }

const thisYear = new Date().getFullYear();
const begins = (c: Collection): string => c.extent?.temporal?.interval[0]?.[0]?.slice(0, 10) ?? '';
const nowStop = (): Stop => ({ then: '', title: tr('现状', 'Now'), note: '' });

/** Ends of the years since the oldest survey still in use, or some more; the present last. */
async function years(): Promise<Stop[]> {
  const first = (await collections()).map((c) => Number(begins(c).slice(0, 4))).filter((y) => y > 0).reduce((a, b) => Math.min(a, b), thisYear - BACK);
  const from = Math.max(first, thisYear - YEARS);
  const list = Array.from({ length: Math.max(0, thisYear - from) }, (_, i) => from + i);
  return [...list.map((y) => ({ then: `datetime=${y}-12-31`, title: tr(`${y} 年末`, `end of ${y}`), note: '' })), nowStop()];
}
/** Every revision in the log; the newest is the present. */
async function revisions(most = REVISIONS): Promise<Stop[]> {
  const { revisions: list } = await get<{ revisions: Revision[] }>(`/revisions?limit=${most}`);
  return list.reverse().map((r) => ({ then: `revision=${r.revision}`, title: tr(`修订 ${r.revision}`, `Revision ${r.revision}`),
    note: [moment(r.time), r.message ?? '', tr(`写入 ${r.put}，注销 ${r.deleted}`, `${r.put} put, ${r.deleted} ended`)].filter(Boolean).join(' · ') }));
}

/** A slider over survey years or over revisions; its right end is the present. */
function time(start: Then, changed: (then: Then) => void): { bar: HTMLElement; at: () => Then; stop: () => void } {
  let stops: Stop[] = [nowStop()], then = start;
  const said = h('output'), note = h('p.then-note', { role: 'status', hidden: true });
  const slide = h<HTMLInputElement>('input', { type: 'range', id: 'year-slider', min: 0, max: 0, step: 1, value: 0, 'aria-label': tr('时间', 'Time') });
  const tell = (stop: Stop): void => {
    said.textContent = stop.title;
    slide.setAttribute('aria-valuetext', `${stop.title} ${stop.note}`.trim());
    note.textContent = stop.note;
    note.hidden = note.textContent === '';
  };
  /** Once all is drawn: layers that had nothing at that moment are told, an empty map is not a riddle. */
  const drawn = (): void => {
    const none = then ? visible().filter((c) => c.theme !== 'units' && !anyInView(c)) : [];
    const text = none.length ? tr(`${none.map((c) => `“${c.title}”`).join('、')}此时在视野内没有内容`, `Nothing of ${none.map((c) => c.title).join(', ')} in view at that time`) : '';
    note.textContent = [(stops[Number(slide.value)] ?? nowStop()).note, text].filter(Boolean).join(' · ');
    note.hidden = note.textContent === '';
  };
  map.on('rendercomplete', drawn);
  const set = (): void => {
    const stop = stops[Number(slide.value)] ?? nowStop();
    then = stop.then;
    tell(stop);
    showThen(then);
    changed(then);
  };
  slide.addEventListener('input', () => tell(stops[Number(slide.value)]));
  slide.addEventListener('change', set);
  const mode = h('div.switch', { role: 'group', 'aria-label': tr('时间的含义', 'What the time is') });
  let byRevision = start.startsWith('revision=');
  async function lay(): Promise<void> {
    fill(mode, ([[false, tr('年份', 'Years'), tr('按调查年份：当时有效的图斑', 'By survey year: what was in force')], [true, tr('修订', 'Revisions'), tr('按修订：数据库在每次提交之后的状态', 'By revision: the map after each commit')]] as [boolean, string, string][]).map(([is, title, what]) =>
      button(title, () => { if (is !== byRevision) { byRevision = is; then = ''; void lay().then(set); } }, 'button', { 'aria-pressed': String(is === byRevision), title: what, id: is ? 'by-revision-time' : 'by-year-time' })));
    stops = await (byRevision ? revisions() : years()).catch(() => [nowStop()]);
    if (byRevision && stops.length) stops[stops.length - 1] = { ...stops[stops.length - 1], then: '', title: `${stops[stops.length - 1].title} · ${tr('现状', 'now')}` };
    slide.max = String(stops.length - 1);
    const found = stops.findIndex((s) => s.then === then);
    slide.value = String(found >= 0 ? found : stops.length - 1);
    slide.disabled = stops.length < 2;
    tell(stops[Number(slide.value)] ?? nowStop());
  }
  void lay().then(() => { if (then) set(); });
  return { bar: h('div.time', {}, h('div.row', {}, mode, slide, said), note), at: () => then, stop: () => map.un('rendercomplete', drawn) };
}

function compare(s: Split, left: () => Then): { bar: HTMLElement; stop: () => void; again: () => void } {
  let on = false, then: Then = `datetime=${thisYear - 1}-12-31`, wanted = '';
  let list: { years: Stop[]; revisions: Stop[] } = { years: [nowStop()], revisions: [] };
  const line = h('div.swipeline', { hidden: true });
  const before = h('span.side.left'), after = h('span.side.right');
  fill(line, before, after);
  const slide = h<HTMLInputElement>('input.swipe', { type: 'range', min: 0, max: 100, value: 50, hidden: true, 'aria-label': tr('左右对比的分界', 'Where the two maps meet') });
  const options = h('span', { hidden: true });
  s.box.append(line, slide);
  const layers = (): Collection[] => visible().filter((c) => c.theme !== 'units');
  const titleOf = (t: Then): string => [...list.years, ...list.revisions].find((k) => k.then === t)?.title ?? t.split('=')[1] ?? '';
  const choose = (what: HTMLSelectElement, set: (v: string) => void): HTMLSelectElement => { what.addEventListener('change', () => { set(what.value); draw(); }); return what; };
  const group = (label: string, stops: Stop[]): HTMLElement => h('optgroup', { label }, stops.map((k) => h('option', { value: k.then, selected: k.then === then }, k.title)));
  const draw = (): void => {
    const c = layers().find((k) => k.id === wanted) ?? layers()[0] ?? null;
    wanted = c?.id ?? '';
    fill(options, h('span.soft', {}, tr('右侧', 'Right')), choose(h('select', { 'aria-label': tr('对比图层', 'Layer on the right') }, layers().map((k) => h('option', { value: k.id, selected: k.id === wanted }, k.title))), (v) => { wanted = v; }),
      choose(h('select', { 'aria-label': tr('对比时间', 'Time on the right'), id: 'swipe-year' }, group(tr('年份', 'Years'), list.years), group(tr('修订', 'Revisions'), list.revisions)), (v) => { then = v; }));
    before.textContent = `${left() ? titleOf(left()) : tr('现状', 'Now')}`;
    after.textContent = `${c?.title ?? ''} · ${then ? titleOf(then) : tr('现状', 'Now')}`;
    swipe(on ? c : null, then);
    place();
  };
  const place = (): void => { const share = Number(slide.value) / 100; line.style.left = `${100 * share}%`; swipeTo(share); };
  slide.addEventListener('input', place);
  const toggle = button(tr('左右对比', 'Compare'), () => {
    on = !on;
    toggle.setAttribute('aria-pressed', String(on));
    line.hidden = slide.hidden = options.hidden = !on;
    if (!on) { draw(); return; }
    void Promise.all([years(), revisions(BESIDE).catch(() => [])]).then(([y, r]) => { list = { years: y.reverse(), revisions: r.reverse() }; draw(); });
  }, 'button.quiet', { id: 'compare', 'aria-pressed': 'false' });
  const forget = whenLayersChange(() => { if (on) draw(); });
  return { bar: h('div.row', {}, toggle, options), stop: () => { forget(); swipe(null); }, again: () => { if (on) draw(); } };
}

/** What the colours in view mean; classes that are many are told by their main class. */
function legend(s: Split): () => void {
  const body = h('div'), ramps = new Map<string, HTMLElement>();
  const box = h<HTMLDetailsElement>('details.legendbox', { open: innerWidth > 900 ? true : undefined }, h('summary', {}, tr('图例', 'Legend')), body);
  s.box.append(box);
  const one = (c: Collection): HTMLElement | null => {
    if (!c.classes?.length || c.theme === 'units') return h('ul.legend', {}, h('li', {}, h('i.swatch', { style: `background:${c.theme === 'units' ? '#fff' : colour(c)};${c.theme === 'units' ? 'border-color:#4a5a68' : ''}` }), c.title));
    const found = [...codesInView(c)].map((code) => classOf(c, code)).filter((k): k is Class => Boolean(k));
    const main = found.length > KEYS ? found.map((k) => classOf(c, k.code.slice(0, 2)) ?? k) : found;
    const keys = [...new Map(main.map((k) => [k.code, k])).values()].sort((a, b) => (a.code < b.code ? -1 : 1));
    return keys.length ? h('section', {}, h('b', {}, c.title), h('ul.legend', {}, keys.map((k) => h('li', {}, h('i.swatch', { style: `background:${k.color}` }), k.title || k.code)))) : null;
  };
  const draw = (): void => {
    const parts = [...gridsOn().map((g) => ramps.get(g) ?? null), ...visible().map(one)].filter(Boolean);
    for (const g of gridsOn()) {
      if (ramps.has(g)) continue;
      ramps.set(g, h('section'));
      void once<GridKey>(`/grids/${encodeURIComponent(g)}`).then((k) => { ramps.set(g, h('section', {}, h('b', {}, k.title ?? g), gridKey(k))); later(); }, () => undefined);
    }
    fill(body, parts.length ? parts : h('p.soft', {}, tr('没有打开图层', 'No layer is on')));
  };
  let waiting = 0;
  const later = (): void => { clearTimeout(waiting); waiting = window.setTimeout(draw, 150); };
  map.on('rendercomplete', later);
  const forget = whenLayersChange(later);
  later();
  return () => { clearTimeout(waiting); map.un('rendercomplete', later); forget(); };
}

function sums(answer: Inside, when: string): HTMLElement {
  const layers = answer.layers.filter((l) => l.features > 0);
  const rows = layers.flatMap((l) => l.classes.map((k) => [l.layer, l.title, k.code ?? '', k.title ?? '', String(k.features), (k.m2 / 1e4).toFixed(4)]));
  const csv = (): void => {
    const quoted = [['layer', 'title', 'code', 'class', 'features', 'area_ha'], ...rows].map((r) => r.map((v) => `"${v.replaceAll('"', '""')}"`).join(',')).join('\r\n');
    save('areas.csv', new Blob([`\ufeff${quoted}\r\n`], { type: 'text/csv' })); // the mark tells office programs that it is UTF-8
  };
  return h('div', {}, h('h2', {}, tr('范围内统计', 'Within the outline')), h('p', {}, `${tr('范围面积', 'Its area')} ${area(answer.area_m2)}`, when ? h('span.chip.open', {}, when) : null),
    layers.map((l) => h('details', { open: l.classes.length > 1 ? true : undefined }, h('summary', {}, l.title, l.generated ? h('small.mark', {}, tr('生成', 'gen.')) : null,
      h('span.soft', {}, ` ${l.m2 > 0 ? hectares(l.m2) : l.length_m > 0 ? `${number(l.length_m / 1000, 2)} km` : ''} · ${number(l.features, 0)} ${tr('个', '')}`)),
      h('table.bars', {}, h('tbody', {}, l.classes.filter((k) => k.code).sort((a, b) => b.m2 - a.m2).map((k) => h('tr', {}, h('th', { scope: 'row' }, h('i.swatch', { style: `background:${k.color ?? '#9db8cc'}` }), k.title || k.code),
        h('td.num', {}, hectares(k.m2)), h('td.num', {}, `${number(100 * k.m2 / Math.max(answer.area_m2, 1e-9), 1)}%`))))))),
    layers.length ? h('div.row', {}, button(tr('下载 CSV', 'Download CSV'), csv)) : h('p.soft', {}, tr('范围内没有要素', 'Nothing lies within')));
}

/** Adds the tools to a page with a map; `panel` shows what was summed. */
export function mapTools(s: Split, panel: HTMLElement, start: Then, changed: (then: Then) => void): () => void {
  let again: () => void = () => undefined;
  const t = time(start, (then) => { changed(then); again(); });
  const c = compare(s, t.at);
  again = c.again;
  const endLegend = legend(s);
  const measure = button(tr('范围统计', 'Sum an area'), () => {
    if (measure.getAttribute('aria-pressed') === 'true') { stopDrawing(); return; }
    measure.setAttribute('aria-pressed', 'true');
    startDrawing('Polygon', (f) => { void sum(f); }, () => measure.setAttribute('aria-pressed', 'false'));
  }, 'button.quiet', { id: 'sum', 'aria-pressed': 'false', title: tr('在图上画一个范围，统计其中各图层、各地类的面积', 'Draw an outline: areas of each layer and class within it') });
  async function sum(f: Feature): Promise<void> {
    const geometry = JSON.parse(geojson.writeGeometry(f.getGeometry() as Geometry, { decimals: 8 }));
    const close = button(tr('清除', 'Clear'), () => { marks.clear(); fill(panel); }, 'button.quiet');
    fill(panel, busy());
    panel.scrollIntoView({ block: 'nearest' });
    try {
      const layers = visible().filter((k) => k.theme !== 'units').map((k) => k.id);
      const [name, value] = t.at().split('=');
      const then = name === 'datetime' ? { as_of: value } : name === 'revision' ? { revision: Number(value) } : {};
      const answer = await get<Inside>('/processes/areas/execution', { body: { inputs: { geometry, layers, ...then } } });
      fill(panel, h('section.card', { id: 'sums' }, sums(answer, name === 'datetime' ? tr(`${value} 的状态`, `As of ${value}`) : name === 'revision' ? tr(`修订 ${value}`, `Revision ${value}`) : ''), close));
    } catch (why) { fill(panel, problem(why), close); }
  }
  const waiting = h('p.drawing', { role: 'status', hidden: true }, tr('正在绘制……', 'Drawing …'));
  const begin = (): void => { waiting.hidden = false; }, end = (): void => { waiting.hidden = true; };
  map.on('loadstart', begin);
  map.on('loadend', end);
  fill(s.tools, t.bar, c.bar, measure, waiting);
  return () => { t.stop(); c.stop(); endLegend(); map.un('loadstart', begin); map.un('loadend', end); stopDrawing(); showThen(''); };
}
