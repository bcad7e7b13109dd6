/** A model of the package: what it reads, back to the surveys, what it makes, who reads that, and how it was last run. */
import { collections, once, type Collection } from '../api';
import { chip, clause, empty, h, load, type Child } from '../dom';
import { colon, moment, number, tr } from '../words';

export interface Declared { id: string; title: string; kernel: string; grids: string[]; needs: string[]; clauses: string[] }
interface Lineage { model?: string; version?: number; in?: Record<string, { file?: string; blake2b?: string }>; with?: Record<string, string> }
interface GridInfo { id: string; title: string; lineage?: Lineage; made?: { at: string; by?: string; how: string } }

/** The models that the package declares. */
export const declared = async (): Promise<Declared[]> => (await once<{ models?: Declared[] }>('/processes/build')).models ?? [];
const makerOf = (all: Declared[], grid: string): Declared | undefined => all.find((m) => m.grids.includes(grid));

interface Box { id: string; title: string; kind: 'model' | 'layer' | 'grid'; level: number; from: Set<string>; y: number }
const WIDE = 168, HIGH = 26, GAP_X = 46, GAP_Y = 9, MOST = 90; // px; boxes drawn at once

/** The model and all it rests on, each as far to the left as its longest way from a source. */
function ancestry(all: Declared[], layers: Collection[], model: Declared): Map<string, Box> {
  const found = new Map<string, Box>();
  const visit = (name: string, m: Declared | undefined): Box => {
    const id = m?.id ?? name, kept = found.get(id);
    if (kept) return kept;
    const layer = layers.find((c) => c.id === name);
    const box: Box = { id, title: m?.title ?? layer?.title ?? name, kind: m ? 'model' : layer ? 'layer' : 'grid', level: 0, from: new Set(), y: 0 };
    found.set(id, box);
    for (const need of m?.needs ?? []) {
      const up = visit(need, makerOf(all, need));
      box.from.add(up.id);
      box.level = Math.max(box.level, up.level + 1);
    }
    return box;
  };
  visit(model.id, model);
  return found;
}

const svg = (tag: string, props: Record<string, string | number>, ...children: (Element | string)[]): SVGElement => {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(props)) e.setAttribute(name, String(value));
  e.append(...children);
  return e;
};
const href = (b: Box): string => (b.kind === 'layer' ? `#/map/${encodeURIComponent(b.id)}` : b.kind === 'grid' ? `#/map?grid=${encodeURIComponent(b.id)}` : `#/models/${encodeURIComponent(b.id)}`);

function graph(found: Map<string, Box>, self: string): HTMLElement {
  const columns: Box[][] = [];
  for (const b of found.values()) (columns[b.level] ??= []).push(b);
  for (const column of columns.slice(1)) { // beside what they read
    const middle = (b: Box): number => { const ys = [...b.from].map((id) => found.get(id)!.y); return ys.reduce((n, y) => n + y, 0) / Math.max(1, ys.length); };
    columns[0].forEach((b, i) => { b.y = i; });
    column.sort((p, q) => middle(p) - middle(q)).forEach((b, i) => { b.y = i * columns[0].length / column.length; });
  }
  const rows = Math.max(...columns.map((c) => c.length)), height = rows * (HIGH + GAP_Y) + GAP_Y, width = columns.length * (WIDE + GAP_X) - GAP_X + 4;
  const at = new Map<string, { x: number; y: number }>();
  columns.forEach((column, k) => column.forEach((b, i) => at.set(b.id, { x: 2 + k * (WIDE + GAP_X), y: (height - column.length * (HIGH + GAP_Y)) / 2 + i * (HIGH + GAP_Y) + GAP_Y / 2 })));
  const lines = [...found.values()].flatMap((b) => [...b.from].map((id) => {
    const p = at.get(id)!, q = at.get(b.id)!, x0 = p.x + WIDE, y0 = p.y + HIGH / 2, y1 = q.y + HIGH / 2, bend = Math.max(20, (q.x - x0) / 2);
    return svg('path', { d: `M${x0} ${y0} C${x0 + bend} ${y0} ${q.x - bend} ${y1} ${q.x} ${y1}` });
  }));
  const boxes = [...found.values()].map((b) => {
    const p = at.get(b.id)!, short = b.title.length > (/[\u4e00-\u9fff]/.test(b.title) ? 12 : 24) ? `${b.title.slice(0, /[\u4e00-\u9fff]/.test(b.title) ? 11 : 23)}…` : b.title;
    return svg('a', { href: href(b), class: `${b.kind}${b.id === self ? ' self' : ''}` }, svg('title', {}, b.title), svg('rect', { x: p.x, y: p.y, width: WIDE, height: HIGH, rx: 4 }), svg('text', { x: p.x + 8, y: p.y + 17.5 }, short));
  });
  return h('div.scroll.lineage', { tabindex: 0, role: 'group', 'aria-label': tr('来源关系图，左为数据，右为成果', 'What it rests on: data at the left, the result at the right') },
    svg('svg', { width, height, viewBox: `0 0 ${width} ${height}` }, svg('g', { class: 'lines' }, ...lines), ...boxes));
}

async function runOf(grid: string): Promise<Child> {
  const { grids } = await once<{ grids: { id: string }[] }>('/grids');
  const g = grids.some((k) => k.id === grid) ? await once<GridInfo>(`/grids/${encodeURIComponent(grid)}`).catch(() => null) : null;
  if (!g) return h('p.soft', {}, `${grid}${colon()}${tr('还没有算出', 'not made yet')}`);
  const l = g.lineage;
  return h('div', { 'data-grid-lineage': grid }, h('h3', {}, h('a', { href: `#/map?grid=${encodeURIComponent(grid)}` }, g.title || grid)),
    g.made ? h('p.soft', {}, `${moment(g.made.at)}${g.made.by ? ` · ${g.made.by}` : ''} · ${g.made.how === 'part' ? tr('只算了变化的部分', 'only what had changed') : tr('全部计算', 'whole')}`) : null,
    l ? h('table.facts', {}, h('tbody', {}, h('tr', {}, h('th', { scope: 'row' }, tr('模型与版本', 'Model and version')), h('td', {}, h('a', { href: `#/models/${encodeURIComponent(l.model ?? '')}` }, l.model ?? ''), ` v${l.version ?? ''}`)),
      Object.entries(l.in ?? {}).map(([k, v]) => h('tr', {}, h('th', { scope: 'row' }, `${tr('输入', 'Input')} ${k}`), h('td', {}, v.file ?? '', ' ', h('code.soft', { title: v.blake2b ?? '' }, (v.blake2b ?? '').slice(0, 12))))),
      Object.entries(l.with ?? {}).map(([k, v]) => h('tr', {}, h('th', { scope: 'row' }, `${tr('参数', 'Parameter')} ${k}`), h('td', {}, v)))))
      : h('p.soft', {}, tr('文件中没有来源记录。', 'The file tells nothing of where it is from.')));
}

/** Everything about the lineage of one declared model. */
export async function lineageOf(model: Declared): Promise<HTMLElement[]> {
  const [all, layers] = await Promise.all([declared(), collections()]);
  const found = ancestry(all, layers, model);
  const readers = all.filter((m) => m.needs.some((n) => model.grids.includes(n)));
  const sources = [...found.values()].filter((b) => b.kind !== 'model');
  const runs = h('div');
  void load(runs, () => Promise.all(model.grids.map(runOf)));
  const link = (m: Declared): HTMLElement => h('a.chip', { href: `#/models/${encodeURIComponent(m.id)}` }, m.title);
  return [
    h('section.card', { id: 'lineage' }, h('h2', {}, tr('来源', 'What it rests on')),
      h('p.soft', {}, tr(`${found.size - 1 - sources.length} 个上游模型，${sources.length} 项数据`, `${number(found.size - 1 - sources.length, 0)} models and ${number(sources.length, 0)} data sets before it`)),
      found.size <= MOST ? graph(found, model.id) : h('p', {}, sources.map((b) => h('a.chip', { href: href(b) }, b.title)))),
    h('section.card', {}, h('h2', {}, tr('成果与最近一次运行', 'Results and the last run')), runs),
    h('section.card', {}, h('h2', {}, tr('被谁使用', 'Read by')), readers.length ? h('p', {}, readers.map(link)) : h('p.soft', {}, tr('规划包中没有其他模型使用它。', 'No other model of the package reads it.'))),
  ];
}

/** All declared models, found by a word. */
export function declaredList(all: Declared[], word: string): HTMLElement | null {
  const found = all.filter((m) => `${m.id} ${m.title} ${m.clauses.join(' ')} ${m.grids.join(' ')}`.toLowerCase().includes(word));
  if (!all.length) return null;
  return h('details.card', { id: 'declared', open: word !== '' ? true : undefined }, h('summary', {}, tr(`规划包声明的模型成果（${found.length}）`, `Results that the package declares (${found.length})`)),
    found.length ? h('div.scroll', {}, h('table.list', {}, h('thead', {}, h('tr', {}, [tr('模型', 'Model'), tr('成果栅格', 'Grids'), tr('条款', 'Clauses')].map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, found.map((m) => h('tr', {}, h('td', {}, h('a', { href: `#/models/${encodeURIComponent(m.id)}` }, m.title), h('small.soft.block', {}, m.id)), h('td', {}, m.grids.map((g) => chip(g))), h('td', {}, m.clauses.map(clause))))))) : empty(tr('没有匹配的模型', 'No model matches')));
}
