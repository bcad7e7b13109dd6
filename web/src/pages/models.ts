/** Processes and models: a form made from the description, progress as it goes, cancel, results, and what was run before. */
import { collections, get, kinds, once, send, who, Problem } from '../api';
import { button, chip, clause, empty, field, fill, h, load, problem, save, select, toast, type Child } from '../dom';
import type { Page } from '../page';
import { declared, declaredList, lineageOf, type Declared } from './lineage';
import { colon, moment, number, paren, tr } from '../words';

interface Brief { id: string; title: string; description?: string; group?: string; jobControlOptions: string[] }
interface Schema { type?: string; enum?: (string | number)[]; minimum?: number; maximum?: number; default?: unknown; items?: { enum?: string[] }; format?: string; contentMediaType?: string }
interface Input { title?: string; description?: string; unit?: string; kind?: string; minOccurs?: number; schema: Schema }
interface Described extends Brief { inputs: Record<string, Input>; outputs: Record<string, { title?: string; schema: Schema }>; sources?: string[] | string; memory?: string }
interface Job { jobID: string; processID: string; status: string; progress?: number; message?: string; done?: number; total?: number; created: string; started?: string; finished?: string; account?: string; inputs?: Record<string, unknown> }

const NOT_HERE = new Set(['check', 'areas']); // have pages of their own
const names: Record<string, [string, string]> = {
  accepted: ['排队中', 'Waiting'], running: ['运行中', 'Running'], successful: ['已完成', 'Done'], failed: ['失败', 'Failed'], dismissed: ['已取消', 'Cancelled'],
};
const statusName = (id: string): string => (names[id] ? tr(...names[id]) : id);
const tint: Record<string, string> = { successful: 'green', failed: 'red', running: 'open', dismissed: 'grey' };
const groups: Record<string, [string, string]> = {
  terrain: ['地形', 'Terrain'], water: ['水', 'Water'], service: ['生态系统服务', 'Ecosystem services'], connect: ['连通性', 'Connectivity'], suit: ['适宜性', 'Suitability'],
  hazard: ['灾害', 'Hazards'], access: ['可达性', 'Access'], restore: ['修复', 'Restoration'],
  algebra: ['栅格运算', 'Grid algebra'], circuit: ['电路理论', 'Circuit theory'], cost: ['成本距离', 'Cost distance'], layer: ['图层转换', 'Layers'], soil: ['土壤', 'Soil'], '': ['流程', 'Processes'],
};
const groupName = (id: string): string => (groups[id] ? tr(...groups[id]) : id);
const ended = (j: Job): boolean => ['successful', 'failed', 'dismissed'].includes(j.status);
const titleOf = (all: Brief[], id: string): string => all.find((p) => p.id === id)?.title || id;

type Control = { name: string; read: () => unknown; element: HTMLElement };
function control(name: string, i: Input, titles: Record<string, string>): Control {
  const s = i.schema, required = (i.minOccurs ?? 1) > 0;
  const label = `${i.title || name}${i.unit ? `${paren(i.unit)}` : ''}${required ? ' *' : ''}`;
  const note = [i.description ?? '', s.minimum !== undefined || s.maximum !== undefined ? `${s.minimum ?? ''} … ${s.maximum ?? ''}` : ''].filter(Boolean).join(' · ');
  const dflt = s.default === undefined ? '' : typeof s.default === 'object' ? JSON.stringify(s.default) : String(s.default);
  if (s.enum) {
    const e = select([...(required && s.default !== undefined ? [] : [['', tr('（不填）', '(not given)')] as [string, string]]), ...s.enum.map((v) => [String(v), titles[String(v)] ?? String(v)] as [string, string])], dflt, () => undefined, { name, required });
    return { name, read: () => (e.value === '' ? undefined : typeof s.enum![0] === 'number' ? Number(e.value) : e.value), element: field(label, e, note) };
  }
  if (s.type === 'array' && s.items?.enum) {
    const e = h<HTMLSelectElement>('select', { name, multiple: true, size: Math.min(8, s.items.enum.length) }, s.items.enum.map((v) => h('option', { value: v }, titles[v] ?? v)));
    return { name, read: () => { const v = [...e.selectedOptions].map((o) => o.value); return v.length ? v : undefined; }, element: field(label, e, note) };
  }
  if (s.type === 'boolean') {
    const e = select([['', tr('（不填）', '(not given)')], ['true', tr('是', 'Yes')], ['false', tr('否', 'No')]], dflt, () => undefined, { name });
    return { name, read: () => (e.value === '' ? undefined : e.value === 'true'), element: field(label, e, note) };
  }
  if (s.type === 'object' || s.type === 'array') {
    const e = h<HTMLTextAreaElement>('textarea', { name, rows: 3, required, spellcheck: 'false', placeholder: 'JSON' });
    return { name, read: () => (e.value.trim() === '' ? undefined : JSON.parse(e.value) as unknown), element: field(label, e, note) };
  }
  const numeric = s.type === 'number' || s.type === 'integer';
  const e = h<HTMLInputElement>('input', { name, type: numeric ? 'number' : s.format === 'date' ? 'date' : 'text', step: s.type === 'integer' ? 1 : 'any', min: s.minimum, max: s.maximum, required: required && s.default === undefined, placeholder: dflt });
  return { name, read: () => (e.value === '' ? undefined : numeric ? Number(e.value) : e.value), element: field(label, e, note) };
}

function results(job: Job): HTMLElement {
  const root = h('div');
  void load(root, async () => {
    const got = await get<Record<string, unknown>>(`/jobs/${job.jobID}/results`);
    return h('ul.plain', { id: 'results' }, await Promise.all(Object.entries(got).map(async ([name, v]) => {
      const file = v as { href?: string; type?: string } | null;
      if (file && typeof file === 'object' && file.href) {
        const leaf = file.href.split('/').pop()!;
        return h('li', {}, button(tr(`下载 ${leaf}`, `Download ${leaf}`), () => { void send(`/jobs/${job.jobID}/results/${encodeURIComponent(decodeURIComponent(leaf))}`, { accept: '*/*' }).then((r) => r.blob()).then((b) => save(leaf, b), (why) => toast((why as Error).message, true)); }), h('small.soft', {}, ` ${name} · ${file.type ?? ''}`));
      }
      if (name === 'steps' && Array.isArray(v)) return h('li', {}, await steps(v as Step[]));
      return h('li', {}, h('b', {}, name), ' ', h('code', {}, typeof v === 'object' ? JSON.stringify(v).slice(0, 600) : String(v)));
    })));
  });
  return root;
}

interface Step { model: string; build: string; dirty_blocks: number; blocks: number; waits_for: string | null }
const built: Record<string, [string, string]> = { fresh: ['无需更新', 'Up to date'], part: ['更新了变化的部分', 'Made anew where it had changed'], full: ['全部重算', 'Made anew'], waits: ['缺少输入', 'Lacks an input'], maybe: ['视上游而定', 'Depends on what is before it'] };
/** What was done with each model: those that were not fresh by name. */
async function steps(list: Step[]): Promise<Child> {
  const titles = Object.fromEntries((await declared().catch(() => [] as Declared[])).map((m) => [m.id, m.title]));
  const done = list.filter((s) => s.build !== 'fresh');
  return [h('p', {}, Object.entries(built).map(([id, names1]) => ({ n: list.filter((s) => s.build === id).length, names1 })).filter((k) => k.n).map((k) => chip(`${tr(...k.names1)} ${k.n}`))),
    done.length ? h('table.list', {}, h('tbody', {}, done.map((s) => h('tr', {}, h('td', {}, h('a', { href: `#/models/${encodeURIComponent(s.model)}` }, titles[s.model] ?? s.model)), h('td', {}, built[s.build] ? tr(...built[s.build]) : s.build),
      h('td.num', {}, s.waits_for ?? (s.blocks ? `${s.dirty_blocks} / ${s.blocks}` : '')))))) : null];
}

/** A job while it runs: events of the server, until it has ended or the page is left. */
function watch(job: Job, title: string, stops: (() => void)[]): HTMLElement {
  const box = h('section.card', { id: 'job', 'data-job': job.jobID, 'aria-live': 'polite' });
  const draw = (j: Job): void => {
    const share = j.progress ?? 0;
    fill(box, h('h2', {}, title, ' ', chip(statusName(j.status), tint[j.status] ?? '')),
      h('div.meter.wide', { role: 'progressbar', 'aria-valuenow': share, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-label': tr('进度', 'Progress') }, h('i', { style: `width:${j.status === 'successful' ? 100 : share}%;background:var(--accent)` })),
      h('p.soft', {}, [j.message, j.total ? `${number(j.done ?? 0, 0)} / ${number(j.total, 0)}` : '', moment(j.created)].filter(Boolean).join(' · ')),
      ended(j) ? null : button(tr('取消运行', 'Cancel'), () => { void get(`/jobs/${j.jobID}`, { method: 'DELETE' }).catch((why) => toast((why as Error).message, true)); }, 'button.danger', { id: 'cancel' }),
      j.status === 'successful' ? results(j) : j.status === 'failed' ? problem(j.message ?? statusName('failed')) : null);
  };
  draw(job);
  if (!ended(job)) {
    const events = new EventSource(`/jobs/${job.jobID}/events`);
    events.addEventListener('status', (e) => {
      const j = JSON.parse((e as MessageEvent<string>).data) as Job;
      draw(j);
      if (ended(j)) events.close();
    });
    stops.push(() => events.close());
  }
  return box;
}

function lineage(all: Brief[], jobs: Job[]): Child {
  if (!jobs.length) return h('p.soft', {}, tr('还没有运行过。', 'Nothing has been run yet.'));
  return h('div.scroll', {}, h('table.list', { id: 'jobs' }, h('thead', {}, h('tr', {}, [tr('流程', 'Process'), tr('状态', 'Status'), tr('何时', 'When'), tr('何人', 'Who'), tr('输入', 'Inputs')].map((t) => h('th', { scope: 'col' }, t)))),
    h('tbody', {}, jobs.map((j) => h('tr', {}, h('td', {}, h('a', { href: `#/models/${encodeURIComponent(j.processID)}?job=${j.jobID}` }, titleOf(all, j.processID))), h('td', {}, chip(statusName(j.status), tint[j.status] ?? '')), h('td', {}, moment(j.created)), h('td', {}, j.account ?? ''),
      h('td', {}, h('small.soft', {}, Object.entries(j.inputs ?? {}).map(([k, v]) => `${k}=${typeof v === 'object' ? JSON.stringify(v).slice(0, 40) : String(v)}`).join('  '))))))));
}

/** The package's models that use a method. */
async function users(kernel: string): Promise<HTMLElement | null> {
  const found = (await declared().catch(() => [] as Declared[])).filter((m) => m.kernel === kernel);
  return found.length ? h('p', {}, h('span.soft', {}, `${tr('规划包中用它的模型', 'Used in the package by')}${colon()}`), found.map((m) => h('a.chip', { href: `#/models/${encodeURIComponent(m.id)}` }, m.title))) : null;
}

/** What the ids among a process's choices are called. */
async function titlesOf(id: string): Promise<Record<string, string>> {
  const named = (list: { id: string; title: string }[]): Record<string, string> => Object.fromEntries(list.map((k) => [k.id, k.title]));
  if (id === 'build') return named(await declared());
  if (id === 'bulk-check') return { ...named(await collections()), ...named(await kinds()) };
  return {};
}

/** A model of the package: brought up to date with what it needs, and where it is from. */
async function oneDeclared(root: HTMLElement, all: Brief[], model: Declared, stops: (() => void)[]): Promise<void> {
  const job = h('div'), rest = h('div');
  const show = (): Promise<void> => load(rest, () => lineageOf(model));
  const run = button(tr('更新此模型及其所依赖者', 'Bring it up to date, with what it needs'), () => { void (async () => {
    try {
      const made = await get<Job>('/processes/build/execution', { body: { inputs: { only: model.id } }, headers: { Prefer: 'respond-async' } });
      fill(job, watch(made, model.title, stops));
    } catch (why) { fill(job, problem(why)); }
  })(); }, 'button.main', { id: 'update' });
  fill(root, h('div.sheet.wide', {}, h('p.crumbs', {}, h('a', { href: '#/models' }, tr('模型与流程', 'Models and processes')), ' › ', model.title), h('div.headline', {}, h('h1', {}, model.title), who().account ? run : h('a.button', { href: `#/account?next=${encodeURIComponent(location.hash)}` }, tr('登录后更新', 'Sign in to bring it up to date'))),
    h('p', {}, `${tr('方法', 'Method')}${colon()}`, h('a', { href: `#/models/${encodeURIComponent(model.kernel)}` }, titleOf(all, model.kernel)), ' ', model.clauses.map(clause)), job, rest));
  await show();
}

export const page: Page = async (root, route) => {
  const all = (await once<{ processes: Brief[] }>('/processes')).processes.filter((p) => !NOT_HERE.has(p.id));
  const stops: (() => void)[] = [];
  const [id] = route.parts;
  if (!id) {
    const list = h('div'), past = h('section');
    const results1 = await declared().catch(() => [] as Declared[]);
    const search = h<HTMLInputElement>('input', { type: 'search', placeholder: tr('查找模型', 'Find a model'), 'aria-label': tr('查找模型', 'Find a model') });
    const draw = (): void => {
      const word = search.value.trim().toLowerCase();
      const found = all.filter((p) => `${p.id} ${p.title} ${p.description ?? ''}`.toLowerCase().includes(word));
      fill(list, declaredList(results1, word), found.length ? [...new Set(found.map((p) => p.group ?? ''))].map((g) => h('section', {}, h('h2', {}, groupName(g)), h('div.tiles', {}, found.filter((p) => (p.group ?? '') === g).map((p) => h('a.tile', { href: `#/models/${encodeURIComponent(p.id)}` }, h('b', {}, p.title || p.id), h('small', {}, p.description ?? ''))))))
        : empty(tr('没有匹配的模型', 'No model matches')));
    };
    search.addEventListener('input', draw);
    draw();
    fill(root, h('div.sheet', {}, h('div.headline', {}, h('h1', {}, tr('模型与流程', 'Models and processes')), h('div.filters', {}, search)), past, list));
    if (who().account) void load(past, async () => { const { jobs } = await get<{ jobs: Job[] }>('/jobs'); return jobs.length ? [h('h2', {}, tr('最近运行', 'Lately run')), lineage(all, jobs.slice(0, 8))] : null; });
    return;
  }
  if (!all.some((p) => p.id === id)) {
    const model = (await declared()).find((m) => m.id === id);
    if (model) { await oneDeclared(root, all, model, stops); return () => stops.forEach((stop) => stop()); }
  }
  const p = await get<Described>(`/processes/${encodeURIComponent(id)}`);
  const titles = await titlesOf(id);
  const controls = Object.entries(p.inputs).map(([name, i]) => control(name, i, titles));
  const said = h('div', { 'aria-live': 'polite' }), job = h('div'), past = h('div');
  const runs = (): Promise<void> => load(past, async () => lineage(all, (await get<{ jobs: Job[] }>('/jobs')).jobs.filter((j) => j.processID === id)));
  const form = h('form.card', {
    id: 'run', onsubmit: async (e: Event) => {
      e.preventDefault();
      fill(said);
      try {
        const inputs = Object.fromEntries(controls.map((c) => [c.name, c.read()]).filter(([, v]) => v !== undefined));
        const made = await get<Job>(`/processes/${encodeURIComponent(id)}/execution`, { body: { inputs }, headers: { Prefer: 'respond-async' } });
        fill(job, watch(made, p.title, stops));
        void runs();
      } catch (why) {
        fill(said, problem(why instanceof SyntaxError ? tr('JSON 无法解读', 'The JSON cannot be read') : why));
        if (why instanceof Problem && typeof why.place?.field === 'string') form.querySelector(`[name="${CSS.escape(why.place.field)}"]`)?.setAttribute('aria-invalid', 'true');
      }
    },
  }, h('h2', {}, tr('运行', 'Run')), controls.map((c) => c.element), said,
    who().account ? h('button.main', { type: 'submit' }, tr('开始运行', 'Run')) : h('a.button', { href: `#/account?next=${encodeURIComponent(location.hash)}` }, tr('登录后运行', 'Sign in to run')));
  const sources = p.sources ? [p.sources].flat() : [];
  fill(root, h('div.sheet', {}, h('p.crumbs', {}, h('a', { href: '#/models' }, tr('模型与流程', 'Models and processes')), ' › ', p.title), h('h1', {}, p.title),
    p.description ? h('p', {}, p.description) : null, sources.length ? h('p.soft', {}, `${tr('来源', 'Sources')}${colon()}${sources.join(tr('；', '; '))}`) : null,
    await users(p.id),
    h('div.two', {}, form, h('div', {}, job, h('section.card', {}, h('h2', {}, tr('运行记录', 'Runs')), past)))));
  if (who().account) {
    void runs();
    const wanted = route.query.get('job');
    if (wanted) void get<Job>(`/jobs/${encodeURIComponent(wanted)}`).then((j) => fill(job, watch(j, p.title, stops)), (why) => fill(job, problem(why)));
  } else fill(past, h('p.soft', {}, tr('登录后可见。', 'Shown once you are signed in.')));
  return () => stops.forEach((stop) => stop());
};
