/** Every clause of the plans, and what carries it out. */
import { get, once } from '../api';
import { chip, empty, field, fill, h, select } from '../dom';
import type { Page } from '../page';
import { language, strengthName, tr } from '../words';

interface Item { kind: string; id: string; title: string; file?: string; line?: number }
interface Clause { id: string; plan: string; section: string; kind: string; strength: string; title_en: string; terms_zh: string; carriers: Item[]; requirement_en?: string; quantities?: string; area?: string; citers?: Item[] }
interface Plan { id: string; title: string; final: boolean }

const kindNames: Record<string, [string, string]> = {
  layer: ['图层', 'Layer'], model: ['模型', 'Model'], rule: ['规则', 'Rule'], indicator: ['指标', 'Indicator'], ledger: ['台账', 'Ledger'], view: ['视图', 'View'],
  parameter: ['参数', 'Parameter'], process: ['流程', 'Process'], codes: ['代码表', 'Code list'], subject: ['审查对象', 'Subject'], total: ['公布数值', 'Published figure'], plan: ['规划登记', 'Plan entry'], series: ['时间序列', 'Series'],
};
const kindName = (id: string): string => (kindNames[id] ? tr(...kindNames[id]) : id);
const SHOWN = 100; // rows at first

/** Where one goes on from an item. */
function target(i: Item): string {
  const id = encodeURIComponent(i.id);
  switch (i.kind) {
    case 'layer': return `#/map/${id}`;
    case 'indicator': return `#/dashboard/${id}`;
    case 'ledger': return `#/ledgers/${id}`;
    case 'model': return `#/models/${id}`;
    case 'rule': return '#/check';
    default: return '';
  }
}
const item = (i: Item): HTMLElement => {
  const href = target(i);
  return h('span.item', {}, h('small', {}, kindName(i.kind)), href ? h('a', { href }, i.title || i.id) : i.title || i.id);
};
/** "ch6 s5", "general s1-s4" as the plans number their parts. */
const section = (s: string): string => (language() === 'en' ? s : s.replace(/\bgeneral\b/g, '总则').replace(/\bannex\b/g, '附件').replace(/\bch(?:apter)? ?(\d+)/g, '第$1章').replace(/\bs(\d+)-s?(\d+)/g, '第$1至$2节').replace(/\bs(\d+)/g, '第$1节').replaceAll('; ', '；'));
const title = (c: Clause): string => (language() === 'zh' ? c.terms_zh.replaceAll(';', '、') : c.title_en);

async function one(root: HTMLElement, id: string): Promise<void> {
  const c = await get<Clause>(`/clauses/${encodeURIComponent(id)}`);
  const cited = (c.citers ?? []).filter((i) => !c.carriers.some((k) => k.kind === i.kind && k.id === i.id));
  const list = (items: Item[]): HTMLElement => h('ul.plain', {}, items.map((i) => h('li', {}, item(i), i.file ? h('code.soft', {}, ` ${i.file}:${i.line}`) : null)));
  fill(root, h('div.sheet', {}, h('p.crumbs', {}, h('a', { href: '#/clauses' }, tr('条款', 'Clauses')), ' › ', c.id),
    h('h1', {}, `${c.id} ${title(c)}`), h('p', {}, chip(strengthName(c.strength)), chip(kindName(c.kind)), h('span.soft', {}, section(c.section))),
    h('section.card', {}, c.requirement_en ? h('p', { lang: 'en' }, c.requirement_en) : null,
      h('table.facts', {}, h('tbody', {}, ([[tr('关键词', 'Terms'), c.terms_zh.replaceAll(';', tr('、', '; '))], [tr('数值', 'Quantities'), c.quantities], [tr('适用范围', 'Applies to'), c.area]] as [string, string | undefined][]).filter(([, v]) => v).map(([k, v]) => h('tr', {}, h('th', { scope: 'row' }, k), h('td', {}, v)))))),
    h('section.card', {}, h('h2', {}, tr('由谁落实', 'Carried out by')), c.carriers.length ? list(c.carriers) : h('p.notice', {}, tr('规划包中尚无落实此条的内容', 'Nothing in the package carries it out yet'))),
    cited.length ? h('section.card', {}, h('h2', {}, tr('另有引用', 'Also named by')), list(cited)) : null));
}

export const page: Page = async (root, route) => {
  if (route.parts[0]) return one(root, route.parts[0]);
  const { clauses, plans } = await once<{ clauses: Clause[]; plans: Plan[] }>('/clauses');
  const at = { plan: route.query.get('plan') ?? '', kind: '', open: '', word: '' };
  const list = h('div');
  const tally = h('p.soft', { role: 'status' });
  let limit = SHOWN;
  const draw = (): void => {
    const found = clauses.filter((c) => (!at.plan || c.plan === at.plan) && (!at.kind || c.kind === at.kind) && (at.open === '' || (at.open === 'no') === (c.carriers.length === 0)) &&
      (!at.word || `${c.id} ${c.terms_zh} ${c.title_en} ${c.section} ${c.carriers.map((i) => i.title).join(' ')}`.toLowerCase().includes(at.word)));
    const done = found.filter((c) => c.carriers.length).length;
    tally.textContent = tr(`共 ${found.length} 条，已落实 ${done} 条`, `${found.length} clauses, ${done} carried out`);
    if (!found.length) { fill(list, empty(tr('没有匹配的条款', 'No clause matches'))); return; }
    fill(list, h('div.scroll', {}, h('table.list', { id: 'clauses' }, h('thead', {}, h('tr', {}, [tr('条款', 'Clause'), tr('内容', 'What'), tr('约束', 'Strength'), tr('由谁落实', 'Carried out by')].map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, found.slice(0, limit).map((c) => h('tr', {}, h('td', {}, h('a', { href: `#/clauses/${encodeURIComponent(c.id)}` }, c.id), h('small.soft.block', {}, section(c.section))), h('td', {}, title(c)), h('td', {}, strengthName(c.strength)),
        h('td', {}, c.carriers.length ? c.carriers.map(item) : h('span.notice', {}, tr('尚未落实', 'Not yet')))))))),
      found.length > limit ? h('div.row', {}, h('button', { type: 'button', onclick: () => { limit += 200; draw(); } }, tr(`再显示（余 ${found.length - limit} 条）`, `Show more (${found.length - limit} left)`))) : null);
  };
  const search = h<HTMLInputElement>('input', { type: 'search', id: 'find', placeholder: tr('编号、关键词、图层或规则名', 'Number, term, layer or rule') });
  search.addEventListener('input', () => { at.word = search.value.trim().toLowerCase(); limit = SHOWN; draw(); });
  const set = (name: 'plan' | 'kind' | 'open') => (v: string): void => { at[name] = v; limit = SHOWN; draw(); };
  const every: [string, string] = ['', tr('全部', 'All')];
  fill(root, h('div.sheet.wide', {}, h('h1', {}, tr('规划条款', 'Clauses of the plans')), h('div.filters', {}, field(tr('查找', 'Find'), search),
    field(tr('规划', 'Plan'), select([every, ...plans.map((p) => [p.id, p.title] as [string, string])], at.plan, set('plan'))),
    field(tr('类型', 'Kind'), select([every, ...[...new Set(clauses.map((c) => c.kind))].map((k) => [k, kindName(k)] as [string, string])], '', set('kind'))),
    field(tr('落实', 'Carried out'), select([every, ['yes', tr('已落实', 'Yes')], ['no', tr('未落实', 'Not yet')]], '', set('open')))), tally, list));
  draw();
};
