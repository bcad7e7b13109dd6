/** Over the map: the day it is of, another day beside it, and what lies within a drawn outline. */
import Feature from 'ol/Feature';
import type Geometry from 'ol/geom/Geometry';
import { get, type Collection } from './api';
import { busy, button, fill, h, problem, select } from './dom';
import { startDrawing, stopDrawing } from './draw';
import { geojson, marks, showDay, swipe, swipeTo, visible, whenLayersChange } from './map';
import { area, hectares, number, tr } from './words';
import type { Split } from './split';

const BACK = 8; // years on the slider

interface Inside {
  area_m2: number;
  layers: { layer: string; title: string; generated: boolean; features: number; m2: number; length_m: number; classes: { code: string | null; title: string; color: string | null; features: number; m2: number }[] }[];
}

/** A slider over the ends of years; its right end is the present. */
function time(): HTMLElement {
  const thisYear = new Date().getFullYear();
  const said = h('output', {}, tr('现状', 'Now'));
  const slide = h<HTMLInputElement>('input', { type: 'range', id: 'year-slider', min: thisYear - BACK, max: thisYear + 1, step: 1, value: thisYear + 1, 'aria-label': tr('年份', 'Year') });
  slide.addEventListener('input', () => {
    const year = Number(slide.value);
    said.textContent = year > thisYear ? tr('现状', 'Now') : tr(`${year} 年末`, `end of ${year}`);
    slide.setAttribute('aria-valuetext', said.textContent);
  });
  slide.addEventListener('change', () => { const year = Number(slide.value); showDay(year > thisYear ? '' : `${year}-12-31`); });
  return h('label.inline', {}, tr('时间', 'Time'), slide, said);
}

function compare(s: Split): { bar: HTMLElement; stop: () => void } {
  const thisYear = new Date().getFullYear();
  let on = false, year = String(thisYear - 1), wanted = '';
  const line = h('div.swipeline', { hidden: true });
  const slide = h<HTMLInputElement>('input.swipe', { type: 'range', min: 0, max: 100, value: 50, hidden: true, 'aria-label': tr('左右对比的分界', 'Where the two maps meet') });
  const options = h('span', { hidden: true });
  s.box.append(line, slide);
  const layers = (): Collection[] => visible().filter((c) => c.theme !== 'units');
  const draw = (): void => {
    const c = layers().find((k) => k.id === wanted) ?? layers()[0] ?? null;
    wanted = c?.id ?? '';
    fill(options, select(layers().map((k) => [k.id, k.title]), wanted, (v) => { wanted = v; draw(); }, { 'aria-label': tr('对比图层', 'Layer on the right') }),
      select(Array.from({ length: BACK }, (_, i) => String(thisYear - i)).map((y) => [y, tr(`${y} 年末`, `end of ${y}`)]), year, (v) => { year = v; draw(); }, { 'aria-label': tr('对比年份', 'Year on the right'), id: 'swipe-year' }));
    swipe(on ? c : null, `${year}-12-31`);
    place();
  };
  const place = (): void => { const share = Number(slide.value) / 100; line.style.left = `${100 * share}%`; swipeTo(share); };
  slide.addEventListener('input', place);
  const toggle = button(tr('左右对比', 'Compare'), () => {
    on = !on;
    toggle.setAttribute('aria-pressed', String(on));
    line.hidden = slide.hidden = options.hidden = !on;
    draw();
  }, 'button.quiet', { id: 'compare', 'aria-pressed': 'false' });
  const forget = whenLayersChange(() => { if (on) draw(); });
  return { bar: h('div.row', {}, toggle, options), stop: () => { forget(); swipe(null); } };
}

function sums(answer: Inside): HTMLElement {
  const layers = answer.layers.filter((l) => l.features > 0);
  return h('div', {}, h('h2', {}, tr('范围内统计', 'Within the outline')), h('p', {}, `${tr('范围面积', 'Its area')} ${area(answer.area_m2)}`),
    layers.map((l) => h('details', { open: l.classes.length > 1 ? true : undefined }, h('summary', {}, l.title, l.generated ? h('small.mark', {}, tr('生成', 'gen.')) : null,
      h('span.soft', {}, ` ${l.m2 > 0 ? hectares(l.m2) : l.length_m > 0 ? `${number(l.length_m / 1000, 2)} km` : ''} · ${number(l.features, 0)} ${tr('个', '')}`)),
      h('table.bars', {}, h('tbody', {}, l.classes.filter((k) => k.code).sort((a, b) => b.m2 - a.m2).map((k) => h('tr', {}, h('th', { scope: 'row' }, h('i.swatch', { style: `background:${k.color ?? '#9db8cc'}` }), k.title || k.code),
        h('td.num', {}, hectares(k.m2)), h('td.num', {}, `${number(100 * k.m2 / Math.max(answer.area_m2, 1e-9), 1)}%`))))))),
    layers.length ? null : h('p.soft', {}, tr('范围内没有要素', 'Nothing lies within')));
}

/** Adds the tools to a page with a map; `panel` shows what was summed. */
export function mapTools(s: Split, panel: HTMLElement): () => void {
  const c = compare(s);
  const measure = button(tr('范围统计', 'Sum an area'), () => {
    if (measure.getAttribute('aria-pressed') === 'true') { stopDrawing(); return; }
    measure.setAttribute('aria-pressed', 'true');
    startDrawing('Polygon', (f) => { void sum(f); }, () => measure.setAttribute('aria-pressed', 'false'));
  }, 'button.quiet', { id: 'sum', 'aria-pressed': 'false' });
  async function sum(f: Feature): Promise<void> {
    const geometry = JSON.parse(geojson.writeGeometry(f.getGeometry() as Geometry, { decimals: 8 }));
    const close = button(tr('清除', 'Clear'), () => { marks.clear(); fill(panel); }, 'button.quiet');
    fill(panel, busy());
    panel.scrollIntoView({ block: 'nearest' });
    try {
      const layers = visible().filter((k) => k.theme !== 'units').map((k) => k.id);
      fill(panel, h('section.card', { id: 'sums' }, sums(await get<Inside>('/processes/areas/execution', { body: { inputs: { geometry, layers } } })), close));
    } catch (why) { fill(panel, problem(why), close); }
  }
  fill(s.tools, time(), c.bar, measure);
  return () => { c.stop(); stopDrawing(); showDay(''); };
}
