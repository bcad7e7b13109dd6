/** The layer tree by theme, with search, legends and opacity. */
import { collections, once, type Collection } from './api';
import { button, chip, clause, fill, h } from './dom';
import { boxOf, colour, gridOn, isOn, layerLine, look, opacity, setOpacity, toggle, toggleGrid } from './map';
import { area, colon, number, theme, tr } from './words';

export function legend(c: Collection): HTMLElement {
  return h('ul.legend', {}, (c.classes ?? []).map((k) => h('li', {}, h('i.swatch', { style: `background:${k.color}` }), `${k.code} ${k.title}`)));
}

function row(c: Collection): HTMLElement {
  const box = h<HTMLInputElement>('input', { type: 'checkbox', checked: isOn(c.id), disabled: c.featureCount === 0, 'data-layer': c.id });
  const more = h('div.more', { hidden: true });
  const open = button('⋯', () => {
    more.hidden = !more.hidden;
    open.setAttribute('aria-expanded', String(!more.hidden));
    if (more.hidden || more.childElementCount) return;
    const slide = h<HTMLInputElement>('input', { type: 'range', min: 0.1, max: 1, step: 0.1, value: opacity(c.id), 'aria-label': tr('不透明度', 'Opacity') });
    slide.addEventListener('input', () => setOpacity(c.id, Number(slide.value)));
    const bbox = c.extent?.spatial.bbox[0];
    fill(more, layerLine(c), c.source ? h('p.soft', {}, c.source) : null, c.clauses.length ? h('p', {}, c.clauses.map(clause)) : null,
      h('div.row', {}, h('label.inline', {}, tr('不透明度', 'Opacity'), slide), bbox ? button(tr('缩放到', 'Zoom to'), () => look(boxOf(bbox))) : null),
      c.classes?.length ? legend(c) : null);
  }, 'button.quiet', { 'aria-expanded': 'false', 'aria-label': tr(`${c.title}：图例与说明`, `${c.title}: legend and details`) });
  box.addEventListener('change', () => toggle(c, box.checked));
  return h('div.layer', {}, h('label', {}, box, c.classes?.length ? null : h('i.swatch', { style: `background:${colour(c)}` }), h('span', {}, c.title),
    c.origin === 'generated' ? h('small.mark', { title: tr('生成数据，非调查成果', 'Generated data, not a survey') }, tr('生成', 'gen.')) : null), open, more);
}

interface Grid { id: string; title: string; model: string | null; clauses: string[] }
export interface GridKey {
  title?: string;   unit?: string; generated?: boolean; bbox?: number[]; classes?: { value: number; title: string; color: string; m2?: number }[];
  ramp?: { colors: string[]; low: number; high: number; step: number; below: boolean; above: boolean };
}

/** What a grid's colours mean. */
export function gridKey(k: GridKey): HTMLElement | null {
  if (k.classes) return h('ul.legend', {}, k.classes.map((c) => h('li', {}, h('i.swatch', { style: `background:${c.color}` }), `${c.title}${c.m2 ? ` · ${area(c.m2)}` : ''}`)));
  const r = k.ramp;
  if (!r) return null;
  return h('ul.legend', {}, r.colors.map((c, i) => {
    const from = r.low + (i - (r.below ? 1 : 0)) * r.step, to = from + r.step;
    const text = i === 0 && r.below ? `< ${number(r.low, 4)}` : i === r.colors.length - 1 && r.above ? `≥ ${number(from, 4)}` : `${number(from, 4)} – ${number(to, 4)}`;
    return h('li', {}, h('i.swatch', { style: `background:${c}` }), text);
  }), k.unit ? h('li.soft', {}, k.unit) : null);
}

function gridRow(g: Grid): HTMLElement {
  const key = h('div.more', { hidden: !gridOn(g.id) });
  const show = (): void => { void once<GridKey>(`/grids/${encodeURIComponent(g.id)}`).then((k) => fill(key, gridKey(k), g.clauses.length ? h('p', {}, g.clauses.map(clause)) : null, g.model ? h('p', {}, h('a', { href: '#/models' }, `${tr('模型', 'Model')}${colon()}${g.model}`)) : null), () => undefined); };
  const box = h<HTMLInputElement>('input', { type: 'checkbox', checked: gridOn(g.id), 'data-grid': g.id });
  box.addEventListener('change', () => { toggleGrid(g.id, box.checked); key.hidden = !box.checked; if (box.checked) show(); });
  if (gridOn(g.id)) show();
  return h('div.layer', {}, h('label', {}, box, h('span', {}, g.title)), key);
}

/** The tree of all published layers. */
export async function tree(): Promise<HTMLElement> {
  const all = await collections();
  let grids: Grid[] = [];
  const list = h('div.tree');
  const draw = (wanted: string): void => {
    const ids = [...new Set(all.map((c) => c.theme ?? ''))];
    fill(list, ids.map((id) => {
      const here = all.filter((c) => (c.theme ?? '') === id && (wanted === '' || `${c.title} ${c.id}`.toLowerCase().includes(wanted)));
      if (!here.length) return null;
      const on = here.filter((c) => isOn(c.id)).length;
      return h<HTMLDetailsElement>('details', { open: wanted !== '' || on > 0 ? true : undefined },
        h('summary', {}, id ? theme(id) : tr('其他', 'Other'), h('small', {}, String(here.length)), on ? chip(String(on), 'on') : null), here.map(row));
    }));
    const models = grids.filter((g) => wanted === '' || `${g.title} ${g.id}`.toLowerCase().includes(wanted));
    if (models.length) list.append(h('details', { open: wanted !== '' || models.some((g) => gridOn(g.id)) ? true : undefined }, h('summary', {}, tr('模型成果', 'Model results'), h('small', {}, String(models.length))), models.map(gridRow)));
    if (!list.childElementCount) fill(list, h('p.soft', {}, tr('没有匹配的图层', 'No layer matches')));
  };
  const search = h<HTMLInputElement>('input', { type: 'search', placeholder: tr('查找图层', 'Find a layer'), 'aria-label': tr('查找图层', 'Find a layer') });
  search.addEventListener('input', () => draw(search.value.trim().toLowerCase()));
  draw('');
  void once<{ grids: Grid[] }>('/grids').then((d) => { grids = d.grids; draw(search.value.trim().toLowerCase()); }, () => undefined);
  return h('div', {}, search, list);
}
