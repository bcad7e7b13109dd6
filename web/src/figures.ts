/** Indicators as the server gives them. */
import { once } from './api';
import type { Point, Target } from './chart';
import { number, paren, tr, unitName } from './words';

export interface Indicator { id: string; title: string; note: string; unit: string; clauses: string[]; series: string[] }
export interface Row {
  indicator: string; district: string | null; level: string; parent: string | null; value: number | null; target: Target | null;
  standing: string; grade: string; why: string | null; progress: number | null; time: number | null; missing: string; vintage: string; generated: boolean; line: string;
}
export interface Figures { year: number; indicators: Indicator[]; rows: Row[] }
export interface Trend { indicator: Indicator; district: string | null; targets: Target[]; points: Point[] }
export interface Contribution { quanta: number; revision: number; event: number; series: string | null; where: string; district: string; before: string; after: string; sum: string | null }
export interface Explanation {
  indicator: Indicator; district: string | null; quantum: number; before: number | null; after: number | null; quanta: number; n: number; contributions: Contribution[]; rest: number;
}

const query = (q: Record<string, string>): string => new URLSearchParams(Object.entries(q).filter(([, v]) => v !== '')).toString();
export const figures = (year: number): Promise<Figures> => once(`/indicators?year=${year}`);
export const trendOf = (id: string, unit: string, from: number, to: number): Promise<Trend> =>
  once(`/indicators/${encodeURIComponent(id)}/trend?${query({ unit, from: String(from), to: String(to) })}`);
export const explain = (id: string, unit: string, from: string, to: string, top = 60): Promise<Explanation> =>
  once(`/indicators/${encodeURIComponent(id)}/explanation?${query({ unit, from, to, top: String(top) })}`);

export const severity: Record<string, number> = { red: 4, orange: 3, yellow: 2, green: 1, grey: 0 };
const musts: Record<string, [string, string]> = {
  '>=': ['≥', '≥'], '<=': ['≤', '≤'], '>': ['>', '>'], '<': ['<', '<'], about: ['约', 'about'],
  no_decrease: ['不减少', 'no decrease'], rising: ['上升', 'rising'], open: ['由上级下达', 'set by others'],
};
export function targetText(t: Target, unit: string): string {
  const word = musts[t.must] ? tr(...musts[t.must]) : t.must;
  return t.value === null ? `${word}${paren(String(t.year))}` : `${word} ${number(t.value, 4)} ${unitName(unit)}${paren(String(t.year))}`;
}
export const gradeName = (grade: string): string => ({ red: tr('红色', 'Red'), orange: tr('橙色', 'Orange'), yellow: tr('黄色', 'Yellow'), green: tr('正常', 'Good'), grey: tr('未评', 'Not judged') } as Record<string, string>)[grade] ?? grade;

/** The features, series or records a contribution names. */
export function places(c: Contribution): { title: string; href: string; layer: string; id: string }[] {
  if (c.series) return [{ title: c.series, href: '', layer: '', id: '' }];
  return c.where.split(' ').filter((w) => w.includes(':')).map((w) => {
    const cut = w.indexOf(':');
    const layer = w.slice(0, cut), id = w.slice(cut + 1);
    const to = c.sum ? 'ledgers' : 'map';
    if (id.startsWith('#')) return { title: `${layer} ${id}`, href: '', layer, id: '' }; // a row without an id of its own
    return { title: id, href: `#/${to}/${encodeURIComponent(layer)}/${encodeURIComponent(id)}`, layer, id };
  });
}
