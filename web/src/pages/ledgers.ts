/** Ledgers: lists with filters, a record with its timeline and evidence, guarded moves, accounts. */
import Feature from 'ol/Feature';
import type Geometry from 'ol/geom/Geometry';
import { forget, get, may, once, send, unitNames, who, Problem } from '../api';
import { askReason, button, chip, clause, dialog, empty, field, fill, h, load, problem, save, select, toast, type Child } from '../dom';
import type { Page, Route } from '../page';
import { area, colon, comma, hectares, moment, number, paren, roleName, tr } from '../words';

interface State { id: string; title: string; days?: number; final?: boolean }
interface Brief { id: string; title: string; states: State[]; records: number; open: number; balances: string[]; clauses: string[] }
interface Field { name: string; title: string; unit: string | null; type: string; required: boolean; length: number; codes: [string, string][]; min?: number; max?: number }
interface Move { id: string; title: string; from: string[]; to: string; who: string[]; evidence: string[]; rules: string[]; when: string | null; may?: boolean }
interface Ledger { id: string; title: string; note: string; clauses: string[]; who: string[]; place: string | null; placeRequired: boolean; fields: Field[]; states: State[]; moves: Move[]; balances: { id: string; title: string }[] }
interface Event1 { n: number; time: string; actor: string; action: string; to: string; body: Record<string, unknown> }
interface Record1 {
  id: string; state: string; unit: string; body: string; version: number; closed: boolean; generated: boolean; year?: number; due?: string; areaM2?: number;
  fields: Record<string, unknown>; place?: object | null; moves?: Move[]; events?: Event1[];
}

const PAGE = 50;
const own = (unit: string): string => (unit === '*' ? tr('全域', 'Whole territory') : unit);
const ledgerOf = (id: string): Promise<Ledger> => once(`/ledgers/${encodeURIComponent(id)}`);
const path = (ledger: string, record = ''): string => `/ledgers/${encodeURIComponent(ledger)}/records${record ? `/${encodeURIComponent(record)}` : ''}`;
const stateTitle = (l: { states: State[] }, id: string): string => l.states.find((s) => s.id === id)?.title ?? id;
const crumbs = (...links: [string, string][]): HTMLElement => h('p.crumbs', {}, links.map(([title, href], i) => [i ? ' › ' : '', href ? h('a', { href }, title) : title]));
const evidenceNames: Record<string, [string, string]> = {
  site_photo: ['现场照片', 'Site photo'], acceptance: ['验收材料', 'Acceptance'], approval: ['批准文件', 'Approval'], stable_use: ['长期稳定利用证明', 'Proof of stable use'],
  balance_plan: ['年度总体方案', 'Balance plan'], plan_document: ['计划文件', 'Plan document'], report: ['报告', 'Report'], review: ['评审意见', 'Review'], minutes: ['会议纪要', 'Minutes'],
  photo: ['照片', 'Photo'], hazard_report: ['地灾评估报告', 'Hazard report'], soil_survey: ['土壤调查', 'Soil survey'],
};
const evidence = (id: string): string => (evidenceNames[id] ? tr(...evidenceNames[id]) : id);

function show(f: Field, value: unknown): string {
  if (value === null || value === undefined || value === '') return '—';
  const code = f.codes.find(([c]) => c === String(value));
  if (code) return `${code[1] || code[0]}`;
  if (f.type === 'boolean') return value === true || value === 1 || value === 'yes' ? tr('是', 'Yes') : tr('否', 'No');
  if (typeof value === 'number' && !/year/.test(f.name)) return number(value, 4) + (f.unit ? ` ${f.unit}` : '');
  return String(value);
}

function input(f: Field, value: unknown): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement {
  const v = value === null || value === undefined ? '' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
  const props = { name: f.name, required: f.required };
  if (f.codes.length) return select([['', tr('（未填）', '(empty)')], ...f.codes.map(([c, t]) => [c, t ? `${t}${paren(c)}` : c] as [string, string])], v, () => undefined, props);
  if (f.type === 'boolean') return select([['', tr('（未填）', '(empty)')], ['yes', tr('是', 'Yes')], ['no', tr('否', 'No')]], v === '1' ? 'yes' : v === '0' ? 'no' : v, () => undefined, props);
  if (f.type === 'text' && f.length > 100) return h<HTMLTextAreaElement>('textarea', { ...props, rows: 3, maxlength: f.length, value: v });
  const type = f.type === 'date' ? 'date' : f.type === 'number' || f.type === 'integer' ? 'number' : 'text';
  return h<HTMLInputElement>('input', { ...props, type, value: v, step: f.type === 'integer' ? 1 : 'any', min: f.min, max: f.max, maxlength: f.length || undefined });
}

/** A form over the ledger's fields; answers what was filled in. */
function formDialog(title: string, l: Ledger, present: Record<string, unknown>, units: string[] | null, place: string | null): Promise<{ fields: Record<string, string>; reason: string; unit: string; place: string } | null> {
  return dialog(title, (done) => {
    const inputs = l.fields.map((f) => input(f, present[f.name]));
    const why = h<HTMLInputElement>('input', { type: 'text', required: true, maxlength: 400 });
    const unit = units ? select([['', tr('（按位置判定）', '(by its place)')], ...units.map((u) => [u, u] as [string, string])], '', () => undefined) : null;
    const outline = place ? h<HTMLTextAreaElement>('textarea', { rows: 3, required: l.placeRequired, spellcheck: 'false' }) : null;
    return [h('form', { onsubmit: (e: Event) => {
      e.preventDefault();
      const fields: Record<string, string> = {};
      inputs.forEach((i) => { if (i.value !== '' || present[i.name] !== undefined) fields[i.name] = i.value; });
      done({ fields, reason: why.value.trim(), unit: unit?.value ?? '', place: outline?.value.trim() ?? '' });
    } }, unit ? field(tr('区', 'District'), unit) : null,
      l.fields.map((f, i) => field(`${f.title}${f.unit ? `${paren(f.unit)}` : ''}${f.required ? ' *' : ''}`, inputs[i])),
      outline ? field(`${tr('位置（GeoJSON，经纬度）', 'Place (GeoJSON, longitude and latitude)')}${l.placeRequired ? ' *' : ''}`, outline) : null,
      field(`${tr('事由', 'Reason')} *`, why),
      h('div.row.end', {}, button(tr('取消', 'Cancel'), () => done(null)), h('button.main', { type: 'submit' }, tr('保存', 'Save'))))];
  });
}

// ---- all ledgers --------------------------------------------------------------------------------
async function all(root: HTMLElement): Promise<void> {
  const { ledgers } = await get<{ ledgers: Brief[] }>('/ledgers');
  const list = h('div.scroll');
  const search = h<HTMLInputElement>('input', { type: 'search', placeholder: tr('查找台账', 'Find a ledger'), 'aria-label': tr('查找台账', 'Find a ledger') });
  const draw = (): void => {
    const word = search.value.trim().toLowerCase();
    const found = ledgers.filter((l) => `${l.title} ${l.id} ${l.clauses.join(' ')}`.toLowerCase().includes(word));
    fill(list, found.length ? h('table.list', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, tr('台账', 'Ledger')), h('th.num', { scope: 'col' }, tr('记录', 'Records')),
      h('th.num', { scope: 'col' }, tr('在办', 'Open')), h('th', { scope: 'col' }, tr('账户', 'Accounts')), h('th', { scope: 'col' }, tr('条款', 'Clauses')))),
      h('tbody', {}, found.map((l) => h('tr', {}, h('td', {}, h('a', { href: `#/ledgers/${encodeURIComponent(l.id)}` }, l.title)), h('td.num', {}, number(l.records, 0)), h('td.num', {}, l.open ? number(l.open, 0) : '—'),
        h('td', {}, l.balances.map((b) => h('a.chip', { href: `#/ledgers/${encodeURIComponent(l.id)}?balance=${encodeURIComponent(b)}` }, tr('平衡账', 'Balance')))), h('td', {}, l.clauses.map(clause))))))
      : empty(tr('没有匹配的台账', 'No ledger matches')));
  };
  search.addEventListener('input', draw);
  draw();
  fill(root, h('div.sheet', {}, h('div.headline', {}, h('h1', {}, tr('台账', 'Ledgers')), h('div.filters', {}, search)), list));
}

// ---- one ledger ---------------------------------------------------------------------------------
async function one(root: HTMLElement, id: string, route: Route): Promise<void> {
  const [l, units] = await Promise.all([ledgerOf(id), unitNames()]);
  const q = route.query;
  const at: Record<string, string> = { unit: q.get('unit') ?? '', state: q.get('state') ?? '', year: q.get('year') ?? '' };
  const pages: string[] = [''];
  const list = h('div');
  const address = (): void => history.replaceState(null, '', `#/ledgers/${encodeURIComponent(id)}?${new URLSearchParams(Object.entries(at).filter(([, v]) => v))}`);
  const columns = l.fields.filter((f) => f.name !== 'year').slice(0, 3);
  const draw = (): Promise<void> => load(list, async () => {
    address();
    const ask = new URLSearchParams({ limit: String(PAGE), ...Object.fromEntries(Object.entries(at).filter(([, v]) => v)), ...(pages[pages.length - 1] ? { after: pages[pages.length - 1] } : {}) });
    const got = await get<{ records: Record1[]; after?: string }>(`${path(id)}?${ask}`);
    const filtered = Object.values(at).some(Boolean);
    if (!got.records.length && pages.length === 1) return empty(filtered ? tr('没有符合条件的记录', 'No record matches') : tr('台账中还没有您可查看的记录', 'There is no record here that you may read'),
      filtered ? button(tr('清除筛选', 'Clear filters'), () => { at.unit = at.state = at.year = ''; void one(root, id, { ...route, query: new URLSearchParams() }); }) : null);
    return [h('div.scroll', {}, h('table.list', { id: 'records' }, h('thead', {}, h('tr', {}, [tr('编号', 'Number'), tr('状态', 'State'), tr('区', 'District'), tr('年度', 'Year'), ...columns.map((f) => f.title), tr('面积', 'Area'), tr('期限', 'Due')].map((t) => h(t === tr('面积', 'Area') ? 'th.num' : 'th', { scope: 'col' }, t)))),
      h('tbody', {}, got.records.map((r) => h('tr.go', { onclick: () => { location.hash = `#/ledgers/${encodeURIComponent(id)}/${encodeURIComponent(r.id)}`; } },
        h('td', {}, h('a', { href: `#/ledgers/${encodeURIComponent(id)}/${encodeURIComponent(r.id)}` }, r.id), r.generated ? h('small.mark', {}, tr('生成', 'gen.')) : null),
        h('td', {}, chip(stateTitle(l, r.state), r.closed ? '' : 'open')), h('td', {}, own(r.unit)), h('td', {}, r.year ?? ''), columns.map((f) => h('td', {}, show(f, r.fields[f.name]))),
        h('td.num', {}, r.areaM2 ? hectares(r.areaM2) : ''), h('td', {}, r.due ? h('span', { class: !r.closed && r.due < new Date().toISOString().slice(0, 10) ? 'late' : '' }, r.due) : '')))))),
      h('div.row', {}, button(tr('上一页', 'Previous'), () => { pages.pop(); void draw(); }, 'button', { disabled: pages.length < 2 }), h('span.soft', {}, tr(`第 ${pages.length} 页`, `Page ${pages.length}`)),
        button(tr('下一页', 'Next'), () => { pages.push(got.after!); void draw(); }, 'button', { disabled: !got.after }))];
  });
  const filter = (name: string, label: string, options: [string, string][]): HTMLElement =>
    field(label, select([['', tr('全部', 'All')], ...options], at[name], (v) => { at[name] = v; pages.length = 1; void draw(); }, { id: `by-${name}` }));
  const years = Array.from({ length: 12 }, (_, i) => String(new Date().getFullYear() + 1 - i)).map((y) => [y, y] as [string, string]);
  const add = button(tr('新增记录', 'New record'), () => { void (async () => {
    const got = await formDialog(`${tr('新增', 'New')}${colon()}${l.title}`, l, {}, units, l.place);
    if (!got) return;
    try {
      const made = await get<Record1>(path(id), { body: { fields: got.fields, reason: got.reason, ...(got.unit ? { unit: got.unit } : {}), ...(got.place ? { place: JSON.parse(got.place) } : {}) } });
      toast(tr(`已新增 ${made.id}`, `${made.id} is added`));
      location.hash = `#/ledgers/${encodeURIComponent(id)}/${encodeURIComponent(made.id)}`;
    } catch (why) { toast(String((why as Error).message), true); }
  })(); }, 'button.main', { id: 'add' });
  const balances = h('div');
  fill(root, h('div.sheet', {}, crumbs([tr('台账', 'Ledgers'), '#/ledgers'], [l.title, '']), h('div.headline', {}, h('h1', {}, l.title), may('add', id) ? add : null),
    l.note ? h('p.soft', {}, l.note) : null, h('p', {}, l.clauses.map(clause)),
    l.balances.length ? balances : null,
    h('div.filters', {}, filter('unit', tr('区', 'District'), units.map((u) => [u, u])), filter('state', tr('状态', 'State'), l.states.map((s) => [s.id, s.title])), filter('year', tr('年度', 'Year'), years)),
    list));
  if (l.balances.length) balance(balances, l, q.get('balance') ?? '');
  await draw();
}

// ---- accounts -----------------------------------------------------------------------------------
interface BalanceLine { unit: string; openingM2: number; inM2: number; outM2: number; closingM2: number; rows: number }
interface Balance {
  id: string; title: string; year: number; met: boolean; lines: BalanceLine[]; total: BalanceLine;
  broken: { unit: string | null; title: string; clause: string | null; open: boolean }[]; faults: { kind: string; ledger: string; record: string; unit: string; postedM2: number; foundM2: number }[];
}
function balance(root: HTMLElement, l: Ledger, wanted: string): void {
  let id = l.balances.some((b) => b.id === wanted) ? wanted : l.balances[0].id;
  let year = Math.min(new Date().getFullYear(), 2025);
  const out = h('div');
  const ha = (m2: number): string => number(m2 / 1e4, 4);
  const draw = (): Promise<void> => load(out, async () => {
    const b = await get<Balance>(`/balances/${encodeURIComponent(id)}?year=${year}`);
    const line = (x: BalanceLine, title: string): HTMLElement => h('tr', {}, h('th', { scope: 'row' }, title), [x.openingM2, x.inM2, x.outM2, x.closingM2].map((v) => h('td.num', {}, ha(v))), h('td.num', {}, String(x.rows)));
    return [h('p', {}, chip(b.met ? tr('平衡', 'In balance') : tr('未平衡', 'Not in balance'), b.met ? 'green' : 'red'), b.faults.length ? chip(tr(`${b.faults.length} 处账实不符`, `${b.faults.length} faults`), 'red') : chip(tr('账目闭合', 'The account closes'), 'green')),
      b.broken.map((k) => h('p', {}, chip(k.open ? tr('无法判定', 'Undecidable') : tr('不满足', 'Not met'), k.open ? 'grey' : 'red'), `${k.unit ? `${own(k.unit)}${colon()}` : ''}${k.title} `, k.clause ? clause(k.clause) : null)),
      b.faults.map((k) => h('p', {}, h('a', { href: `#/ledgers/${encodeURIComponent(k.ledger)}/${encodeURIComponent(k.record)}` }, k.record), ` ${tr('入账', 'posted')} ${ha(k.postedM2)}${comma()}${tr('现为', 'found')} ${ha(k.foundM2)}`)),
      b.lines.length ? h('div.scroll', {}, h('table.list', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, tr('区', 'District')), [tr('期初', 'Opening'), tr('转入', 'In'), tr('转出', 'Out'), tr('期末', 'Closing')].map((t) => h('th.num', { scope: 'col' }, `${t}${paren(tr('公顷', 'ha'))}`)), h('th.num', { scope: 'col' }, tr('笔数', 'Rows')))),
        h('tbody', {}, b.lines.map((x) => line(x, own(x.unit)))), h('tfoot', {}, line(b.total, tr('合计', 'Total'))))) : empty(tr('这一年没有入账', 'Nothing was posted in this year'))];
  });
  fill(root, h('details.card', { open: wanted !== '' ? true : undefined, ontoggle: (e: Event) => { if ((e.target as HTMLDetailsElement).open && !out.childElementCount) void draw(); } },
    h('summary', {}, tr('平衡账', 'Balance'), ' · ', l.balances.map((b) => b.title).join(tr('、', ', '))),
    h('div.filters', {}, l.balances.length > 1 ? field(tr('账户', 'Account'), select(l.balances.map((b) => [b.id, b.title]), id, (v) => { id = v; void draw(); })) : null,
      field(tr('年度', 'Year'), select(Array.from({ length: 12 }, (_, i) => String(new Date().getFullYear() - i)).map((y) => [y, y]), String(year), (v) => { year = Number(v); void draw(); }))), out));
}

// ---- one record ---------------------------------------------------------------------------------
function timeline(l: Ledger, r: Record1): HTMLElement {
  const actions: Record<string, string> = { add: tr('登记', 'Added'), set: tr('修改', 'Changed'), attach: tr('上传佐证', 'Evidence added') };
  return h('ol.timeline', {}, [...(r.events ?? [])].reverse().map((e) => {
    const move = l.moves.find((m) => m.id === e.action);
    const body = e.body as { kind?: string; name?: string; hash?: string; size?: number; reason?: string; fields?: Record<string, unknown> };
    const changed = e.action === 'set' && body.fields ? Object.entries(body.fields).map(([k, v]) => { const f = l.fields.find((x) => x.name === k); return `${f?.title ?? k}${colon()}${f ? show(f, v) : String(v)}`; }).join(tr('；', '; ')) : '';
    return h('li', {}, h('b', {}, move?.title ?? actions[e.action] ?? e.action), move ? chip(stateTitle(l, e.to)) : null,
      body.hash ? h('a', { href: `${path(l.id, r.id)}/attachments/${body.hash}`, onclick: (x: Event) => { x.preventDefault(); void fetchFile(l, r, body.hash!, body.name ?? 'file'); } }, `${evidence(body.kind ?? '')}${colon()}${body.name}`) : null,
      changed ? h('p', {}, changed) : null, body.reason ? h('p', {}, body.reason) : null, h('small.soft', {}, `${moment(e.time)} · ${e.actor}`));
  }));
}
async function fetchFile(l: Ledger, r: Record1, hash: string, name: string): Promise<void> {
  try { save(name, await (await send(`${path(l.id, r.id)}/attachments/${hash}`, { accept: '*/*' })).blob()); } catch (why) { toast((why as Error).message, true); }
}

function moves(l: Ledger, r: Record1, again: (next?: Record1) => void): Child {
  const held = new Set((r.events ?? []).filter((e) => e.action === 'attach').map((e) => String((e.body as { kind?: string }).kind)));
  if (r.closed) return h('p.soft', {}, tr('已办结，不再变动。', 'Closed; nothing changes any more.'));
  if (!r.moves?.length) return h('p.soft', {}, tr('目前没有可办理的环节。', 'There is no step from here.'));
  return r.moves.map((m) => {
    const said = h('div', { role: 'status' });
    const lacks = m.evidence.filter((k) => !held.has(k));
    const act = button(m.title, () => { void (async () => {
      const reason = await askReason(`${m.title}${colon()}${r.id}`, `${stateTitle(l, r.state)} → ${stateTitle(l, m.to)}`);
      if (!reason) return;
      try {
        const next = await get<Record1>(`${path(l.id, r.id)}/moves`, { body: { move: m.id, reason, version: r.version } });
        toast(tr(`已办理：${m.title}`, `Done: ${m.title}`));
        forget();
        again(next);
      } catch (why) {
        fill(said, problem(why));
        if (why instanceof Problem && why.status === 409) said.append(button(tr('载入最新状态', 'Load the present state'), () => again()));
      }
    })(); }, m.may ? 'button.main' : 'button', { 'data-move': m.id, 'data-may': String(m.may) });
    return h('div.move', {}, h('div.row', {}, act, h('span.soft', {}, `→ ${stateTitle(l, m.to)}`)),
      h('ul.plain.soft', {}, m.who.length ? h('li', { class: m.may ? '' : 'lack' }, `${m.may ? '✓' : '✗'} ${tr('角色', 'Role')}${colon()}${m.who.map(roleName).join(tr('、', ', '))}`) : m.may ? null : h('li.lack', {}, `✗ ${tr('您在本区没有办理权限', 'You hold no right for it in this unit')}`),
        m.evidence.map((k) => h('li', { class: held.has(k) ? '' : 'lack' }, `${held.has(k) ? '✓' : '✗'} ${tr('佐证', 'Evidence')}${colon()}${evidence(k)}`)),
        m.rules.map((k) => h('li', {}, `• ${tr('须通过规则', 'Rule that must pass')}${colon()}${k}`)), m.when ? h('li', {}, `• ${tr('条件', 'Condition')}${colon()}`, h('code', {}, m.when)) : null),
      lacks.length ? null : null, said);
  });
}

async function record(root: HTMLElement, id: string, number1: string): Promise<() => void> {
  const l = await ledgerOf(id);
  let leave: () => void = () => undefined;
  const draw = async (given?: Record1): Promise<void> => {
    const r = given ?? await get<Record1>(path(id, number1));
    const mapBox = h('div.minimap');
    const again = (next?: Record1): void => { leave(); void draw(next).catch((why) => fill(root, problem(why))); };
    const edit = button(tr('修改', 'Edit'), () => { void (async () => {
      const got = await formDialog(`${tr('修改', 'Edit')}${colon()}${r.id}`, l, r.fields, null, null);
      if (!got) return;
      try { again(await get<Record1>(path(id, r.id), { method: 'PUT', body: { fields: got.fields, reason: got.reason, version: r.version } })); toast(tr('已保存', 'Saved')); } catch (why) { toast((why as Error).message, true); }
    })(); }, 'button', { id: 'edit' });
    const kinds = [...new Set(l.moves.flatMap((m) => m.evidence))];
    const file = h<HTMLInputElement>('input', { type: 'file', required: true, 'aria-label': tr('文件', 'File'), id: 'evidence-file' });
    const kind = kinds.length ? select(kinds.map((k) => [k, evidence(k)]), kinds[0], () => undefined, { 'aria-label': tr('佐证类型', 'Kind of evidence'), id: 'evidence-kind' }) : h<HTMLInputElement>('input', { type: 'text', value: 'document', 'aria-label': tr('佐证类型', 'Kind of evidence') });
    const said = h('div');
    const attach = h('form.row', { onsubmit: async (e: Event) => {
      e.preventDefault();
      const f = file.files?.[0];
      if (!f) return;
      if (f.size > 1 << 20) { fill(said, problem(tr('文件大于 1 MB', 'The file is larger than 1 MB'))); return; }
      try {
        const q = new URLSearchParams({ kind: kind.value, name: f.name, reason: tr('上传佐证', 'evidence') });
        again(await get<Record1>(`${path(id, r.id)}/attachments?${q}`, { raw: f, headers: { 'Content-Type': 'application/octet-stream' } }));
        toast(tr('佐证已存入', 'The evidence is kept'));
      } catch (why) { fill(said, problem(why)); }
    } }, kind, file, h('button', { type: 'submit' }, tr('上传', 'Upload')));
    fill(root, h('div.sheet', {}, crumbs([tr('台账', 'Ledgers'), '#/ledgers'], [l.title, `#/ledgers/${encodeURIComponent(id)}`], [r.id, '']),
      h('div.headline', {}, h('h1', {}, r.id, ' ', chip(stateTitle(l, r.state), r.closed ? '' : 'open'), r.generated ? h('small.mark', {}, tr('生成', 'generated')) : null), r.closed || !may('set', id, r.unit) ? null : edit),
      h('div.two', {}, h('div', {},
        h('section.card', {}, h('table.facts', {}, h('tbody', {}, h('tr', {}, h('th', { scope: 'row' }, tr('区', 'District')), h('td', {}, own(r.unit))), r.body ? h('tr', {}, h('th', { scope: 'row' }, tr('责任主体', 'Responsible')), h('td', {}, r.body)) : null,
          l.fields.map((f) => h('tr', {}, h('th', { scope: 'row' }, f.title), h('td', {}, show(f, r.fields[f.name])))),
          r.areaM2 ? h('tr', {}, h('th', { scope: 'row' }, tr('面积', 'Area')), h('td', {}, area(r.areaM2))) : null, r.due ? h('tr', {}, h('th', { scope: 'row' }, tr('期限', 'Due')), h('td', {}, r.due)) : null))),
        h('section.card', { id: 'moves' }, h('h2', {}, tr('办理', 'Next steps')), moves(l, r, again)),
        may('attach', id, r.unit) && !r.closed ? h('section.card', {}, h('h2', {}, tr('上传佐证', 'Add evidence')), attach, said) : null),
        h('div', {}, r.place ? mapBox : null, h('section.card', {}, h('h2', {}, tr('经过', 'Timeline')), timeline(l, r))))));
    leave = () => undefined;
    if (r.place) {
      const m = await import('../map');
      await m.mount(mapBox);
      m.clearMarks();
      m.picked.addFeature(new Feature(m.geojson.readGeometry(r.place) as Geometry));
      m.look(m.picked.getExtent(), 15);
      leave = () => { m.clearMarks(); m.map.setTarget(undefined); };
    }
  };
  await draw();
  return () => leave();
}

export const page: Page = async (root, route) => {
  if (!who().account) {
    fill(root, h('div.centre', {}, empty(tr('台账需要登录后查看。', 'Sign in to see the ledgers.'), h('a.button', { href: `#/account?next=${encodeURIComponent(location.hash)}` }, tr('登录', 'Sign in')))));
    return;
  }
  const [id, number1] = route.parts;
  if (id && number1) return record(root, id, number1);
  if (id) return one(root, id, route);
  return all(root);
};
