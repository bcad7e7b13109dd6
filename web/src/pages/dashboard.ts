/** Indicators by district and year: standing, warnings, trend, and what moved a figure. */
import { collections, unitNames } from '../api';
import { button, chip, clause, empty, field, fill, h, load, select } from '../dom';
import { gradeColour, trend } from '../chart';
import { explain, figures, gradeName, severity, targetText, trendOf, type Figures, type Indicator, type Row } from '../figures';
import { contributions } from '../contributions';
import type { Page } from '../page';
import { colon, comma, number, paren, standingName, tr, unitName } from '../words';

const GRADES = ['red', 'orange', 'yellow', 'green', 'grey'];
const BACK = 7; // years that a trend shows

interface Line { indicator: Indicator; rows: Row[]; grade: string }

function lines(f: Figures, unit: string): Line[] {
  return f.indicators.map((indicator) => {
    const rows = f.rows.filter((r) => r.indicator === indicator.id && (r.district ?? '') === unit);
    const held = rows.filter((r) => !r.target || r.target.in_force);
    const grade = held.map((r) => r.grade).sort((a, b) => severity[b] - severity[a])[0] ?? 'grey';
    return { indicator, rows, grade };
  }).filter((l) => l.rows.length > 0);
}

const shown = (value: number | null, unit: string): string => (value === null ? '—' : `${number(value, Math.abs(value) < 10 ? 3 : 2)} ${unitName(unit)}`);

function progress(r: Row): HTMLElement | null {
  if (r.progress === null || r.time === null) return null;
  const pc = (x: number): number => Math.max(0, Math.min(100, 100 * x));
  return h('div.meter', { title: tr(`完成 ${number(100 * r.progress, 1)}%，时间已过 ${number(100 * r.time, 1)}%`, `${number(100 * r.progress, 1)} % done in ${number(100 * r.time, 1)} % of the time`) },
    h('i', { style: `width:${pc(r.progress)}%;background:${gradeColour(r.grade)}` }), h('b', { style: `left:${pc(r.time)}%` }));
}

export const page: Page = async (root, route) => {
  const thisYear = new Date().getFullYear();
  let year = Number(route.query.get('year')) || Math.min(thisYear, 2025);
  let unit = route.query.get('unit') ?? '';
  let grade = route.query.get('grade') ?? '';
  let open = route.parts[0] ?? '';
  const units = await unitNames();
  const years = Array.from({ length: 16 }, (_, i) => thisYear + 1 - i);
  const list = h('div.figures-list'), detail = h('section.figure', { 'aria-live': 'polite', 'aria-label': tr('指标详情', 'The indicator') });
  const tally = h('div.tally', { role: 'group', 'aria-label': tr('按预警筛选', 'Filter by warning') });
  fill(root, h('div.sheet.wide', {}, h('div.headline', {}, h('h1', {}, tr('指标监测', 'Indicators')),
    h('div.filters', {}, field(tr('年度', 'Year'), select(years.map((y) => [String(y), String(y)]), String(year), (v) => { year = Number(v); void draw(); }, { id: 'year' })),
      field(tr('范围', 'Unit'), select([['', tr('全市', 'The city')], ...units.map((u) => [u, u] as [string, string])], unit, (v) => { unit = v; void draw(); }, { id: 'unit' })))),
    tally, h('div.two', {}, list, detail)));

  const address = (): void => {
    const q = new URLSearchParams({ year: String(year), ...(unit ? { unit } : {}), ...(grade ? { grade } : {}) });
    history.replaceState(null, '', `#/dashboard${open ? `/${encodeURIComponent(open)}` : ''}?${q}`);
  };

  function table(found: Line[]): HTMLElement {
    return h('table.list.stack', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, tr('状态', 'Standing')), h('th', { scope: 'col' }, tr('指标', 'Indicator')),
      h('th.num', { scope: 'col' }, tr('现值', 'Value')), h('th', { scope: 'col' }, tr('目标', 'Target')))),
      h('tbody', {}, found.map((l) => {
        const r = l.rows.find((k) => k.grade === l.grade) ?? l.rows[0];
        const go = (): void => { open = l.indicator.id; address(); mark(); void show(); if (innerWidth < 1100) detail.scrollIntoView(); };
        const row = h('tr.go', { 'data-indicator': l.indicator.id, onclick: go },
          h('td', {}, chip(standingName(r.standing), r.grade)),
          h('td', {}, h('button.link.name', { type: 'button', onclick: (e: Event) => { e.stopPropagation(); go(); } }, l.indicator.title)),
          h('td.num', {}, shown(r.value, l.indicator.unit)),
          h('td', {}, l.rows.filter((k) => k.target).map((k) => h('div', { class: k.target!.in_force ? '' : 'soft' }, targetText(k.target!, l.indicator.unit), k.target!.in_force ? null : tr(' · 仅存录', ' · held'))), progress(r)));
        return row;
      })));
  }
  const mark = (): void => list.querySelectorAll('tr.go').forEach((tr1) => tr1.setAttribute('aria-selected', String((tr1 as HTMLElement).dataset.indicator === open)));

  async function draw(): Promise<void> {
    address();
    await load(list, async () => {
      const f = await figures(year);
      const all = lines(f, unit);
      fill(tally, GRADES.map((g) => button([h('b', {}, String(all.filter((l) => l.grade === g).length)), gradeName(g)], () => { grade = grade === g ? '' : g; void draw(); }, `button.grade.${g}`, { 'aria-pressed': String(grade === g) })));
      const found = all.filter((l) => !grade || l.grade === grade).sort((a, b) => severity[b.grade] - severity[a.grade]);
      if (!found.some((l) => l.indicator.id === open)) open = found[0]?.indicator.id ?? '';
      void show();
      return found.length ? [table(found), all.some((l) => l.rows.some((r) => r.generated)) ? h('p.notice', {}, tr('数值由生成数据算得，非调查成果。', 'Values rest on generated data, not on surveys.')) : null] : empty(tr('没有符合条件的指标', 'No indicator matches'), grade ? button(tr('显示全部', 'Show all'), () => { grade = ''; void draw(); }) : null);
    });
    mark();
  }

  function districtBars(f: Figures, l: Indicator): HTMLElement | null {
    const rows = f.rows.filter((r) => r.indicator === l.id && r.level === 'district' && r.value !== null);
    if (!rows.length || unit) return null;
    const most = Math.max(...rows.map((r) => Math.abs(r.value!)), 1e-12);
    return h('details', { open: true }, h('summary', {}, tr('分区', 'By district')), h('table.bars', {}, h('tbody', {},
      rows.sort((a, b) => b.value! - a.value!).map((r) => h('tr', {}, h('th', { scope: 'row' }, button(r.district!, () => { unit = r.district!; (document.getElementById('unit') as HTMLSelectElement).value = unit; void draw(); }, 'button.link')),
        h('td', {}, h('i', { style: `width:${100 * Math.abs(r.value!) / most}%;background:${r.target ? gradeColour(r.grade) : '#9db8cc'}` })),
        h('td.num', {}, shown(r.value, l.unit)))))));
  }

  async function show(): Promise<void> {
    if (!open) { fill(detail, empty(tr('选择一个指标，查看走势与变化原因。', 'Choose an indicator to see its trend and what moved it.'))); return; }
    const id = open;
    await load(detail, async () => {
      const f = await figures(year);
      const indicator = f.indicators.find((i) => i.id === id)!;
      const mine = f.rows.filter((r) => r.indicator === id && (r.district ?? '') === unit);
      const curve = h('div'), why = h('div');
      void load(curve, async () => {
        const t = await trendOf(id, unit, year - BACK + 1, year);
        if (!t.points.some((p) => p.value !== null)) return empty(tr('这些年度没有数据', 'No data for these years'));
        // a figure that a series asks is known from the row of its year
        const asked = t.targets.filter((k) => (unit === '') === !k.each).map((k) => k.value !== null ? k : mine.find((r) => r.target?.clause === k.clause && r.target.year === k.year && r.target.must === k.must)?.target ?? k);
        return trend(t.points, asked, unitName(indicator.unit), indicator.title);
      });
      movement(why, indicator);
      return [h('h2', {}, indicator.title, unit ? ` · ${unit}` : ''),
        mine.map((r) => h('p.standing', {}, chip(standingName(r.standing), r.grade), r.line, r.why ? paren(`${r.why}${r.missing ? `${colon()}${r.missing}` : ''}`) : '')),
        indicator.note ? h('p.soft', {}, indicator.note) : null,
        h('p', {}, indicator.clauses.map(clause)), curve, why, districtBars(f, indicator),
        mine[0]?.vintage ? h('p.soft', {}, `${tr('数据', 'Made from')}${colon()}${mine[0].vintage}`) : null];
    });
  }

  function movement(root1: HTMLElement, indicator: Indicator): void {
    let from = year - 1, to = year;
    const out = h('div');
    const pick = (value: number, set: (y: number) => void, label: string): HTMLElement => select(years.map((y) => [String(y), String(y)]), String(value), (v) => { set(Number(v)); void run(); }, { 'aria-label': label });
    const run = (): Promise<void> => load(out, async () => {
      const a = `${from}-12-31`, b = `${to}-12-31`;
      const e = await explain(indicator.id, unit, a, b);
      if (e.before === null || e.after === null) return h('p.soft', {}, tr('有一端没有数值，无法分解。', 'One end has no value; there is nothing to take apart.'));
      const moved = e.quanta * e.quantum;
      const head = h('p', {}, `${number(e.before, 4)} → ${number(e.after, 4)} ${unitName(indicator.unit)}${comma()}`, h('b', {}, `${moved > 0 ? '+' : ''}${number(moved, 4)}`), ` · ${tr(`${e.n} 项贡献之和与之相等`, `the sum of ${e.n} contributions`)}`);
      if (!e.n) return [head];
      const q = new URLSearchParams({ why: indicator.id, from: a, to: b, ...(unit ? { unit } : {}) });
      return [head, h('p', {}, h('a.button', { href: `#/map?${q}`, id: 'on-map' }, tr('在地图上查看', 'See them on the map'))), contributions(e.contributions.slice(0, 12), e.quantum, indicator.unit, await collections().catch(() => [])),
        e.n > 12 ? h('p.soft', {}, tr(`其余 ${e.n - 12} 项见地图。`, `${e.n - 12} more on the map.`)) : null];
    });
    fill(root1, h('details', { open: true }, h('summary', {}, tr('变化原因', 'What moved it')),
      h('div.row', {}, pick(from, (y) => { from = y; }, tr('从', 'From')), '→', pick(to, (y) => { to = y; }, tr('到', 'To')), h('span.soft', {}, tr('年末', 'end of the year'))), out));
    void run();
  }

  await draw();
};
