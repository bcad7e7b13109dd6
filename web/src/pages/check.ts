/** Checks an outline: drawn, read from a file or taken from a layer; the verdict beside the map. */
import type Geometry from 'ol/geom/Geometry';
import Feature from 'ol/Feature';
import { get, kinds, collections, send, Problem, type FactField, type Kind } from '../api';
import { busy, button, chip, clause, empty, field, fill, h, problem, save, select, toast } from '../dom';
import { startDrawing, stopDrawing } from '../draw';
import { ACCEPT, bring, polygonsOf } from '../outlines';
import { featureAt, geojson, look, marks, readFeature, results } from '../map';
import type { Page } from '../page';
import { split } from '../split';
import { colon, effectName, hectares, paren, pick, resultName, type Text2, tr } from '../words';

interface Measure { id: string; layer: string; m2: number; share: number | null; distance_m: number | null; origin: string | null }
interface Finding {
  rule: string; title: Text2; clauses: string[]; result: 'pass' | 'fail' | 'undecidable'; effect: string; missing: string | null;
  message: Text2 | null; comply: Text2 | null; measures: Measure[];
}
interface Verdict {
  result: 'pass' | 'fail' | 'undecidable'; as_of: string; revision: number; package: { id: string; version: string };
  subject: { area_m2: number; unit: string | null }; generated_layers: string[]; findings: Finding[];
}
/** A rule that does not forbid: what it asks goes with the permission. */
const attached = (f: Finding): boolean => f.result === 'fail' && f.effect !== 'deny';
const attachedName = (effect: string): string => (effect === 'condition' ? tr('须满足条件', 'On condition') : effect === 'duty' ? tr('须履行义务', 'With a duty') : tr('请注意', 'Note'));
const FEW = 4; // undecidable rules that are shown unfolded
interface Answer { verdict: Verdict; overlaps: { features: object[] } }
interface Subject { geometry: object; name: string; from: string }

// what the page holds while one looks elsewhere
let subject: Subject | null = null;
let kindId = '';
let facts: Record<string, string> = {};
let answer: Answer | null = null;

function factInput(f: FactField, changed: () => void = () => undefined): HTMLElement {
  const value = facts[f.name] ?? '';
  const set = (v: string): void => { if (v) facts[f.name] = v; else delete facts[f.name]; changed(); };
  const options: [string, string][] = f.type === 'boolean' ? [['yes', tr('是', 'yes')], ['no', tr('否', 'no')]] : f.codes.map(([c, t]) => [c, t || c]);
  if (options.length) return select([['', tr('（不填）', '(not given)')], ...options], value, set, { 'data-fact': f.name });
  const input = h<HTMLInputElement>('input', { type: f.type === 'date' ? 'date' : f.type === 'number' ? 'number' : 'text', step: 'any', value, 'data-fact': f.name });
  input.addEventListener('change', () => set(input.value));
  return input;
}

export const page: Page = async (root, route) => {
  const [all, layers] = await Promise.all([kinds(), collections()]);
  if (!all.some((k) => k.id === kindId)) kindId = (all.find((k) => k.id === 'project') ?? all[0]).id;
  const s = await split(root, tr('规划审查', 'Check'));
  let picking = false;
  const systems = [...new Set(layers.flatMap((c) => c.crs ?? []))].map((u) => /EPSG\/0\/(\d+)$/.exec(u)?.[1]).filter(Boolean).map((n) => `EPSG:${n}`).reverse();

  const kind = (): Kind => all.find((k) => k.id === kindId) ?? all[0];
  const titleOf = (id: string): string => kind().facts.find((f) => f.name === id)?.title || layers.find((c) => c.id === id)?.title || id;
  const hint = h('p.hint', { role: 'status' }), fileBox = h('div', { 'aria-live': 'polite' });
  const chosen = h('p.soft');
  const factBox = h('div.facts');
  const out = h('div', { id: 'verdict', 'aria-live': 'polite' });
  const name = h<HTMLInputElement>('input', { type: 'text', maxlength: 200, value: subject?.name ?? '' });
  const file = h<HTMLInputElement>('input', { type: 'file', accept: ACCEPT, hidden: true, 'aria-label': tr('文件', 'File') });
  const pasted = h<HTMLTextAreaElement>('textarea', { rows: 3, spellcheck: 'false', id: 'outline' });

  const say = (text = ''): void => { hint.textContent = text; hint.hidden = text === ''; };
  const drawFacts = (): void => fill(factBox, kind().facts.map((f) => field(f.title + (f.unit ? `${paren(f.unit)}` : ''), factInput(f))));
  const showSubject = (): void => {
    marks.clear();
    results.clear();
    fill(chosen, subject ? subject.from : tr('尚未选定范围', 'No outline yet'));
    if (subject) marks.addFeature(new Feature(geojson.readGeometry(subject.geometry) as Geometry));
  };
  const take = (next: Subject, fit = true): void => {
    subject = next;
    answer = null;
    if (!name.value) name.value = next.name;
    pasted.value = JSON.stringify(next.geometry);
    showSubject();
    if (fit) look(marks.getExtent());
    void run();
  };
  const fail = (why: unknown): void => { fill(out, problem(why)); };

  const loud = (rule: string, on: boolean): void => results.forEachFeature((f) => f.set('loud', on && f.get('rule') === rule));
  function finding(f: Finding): HTMLElement {
    const has = results.getFeatures().some((o) => o.get('rule') === f.rule);
    const m2 = f.measures.reduce((n, m) => Math.max(n, m.m2 || 0), 0);
    const box = h(`article.finding.${attached(f) ? 'attached' : f.result}`, { 'data-rule': f.rule },
      h('h3', {}, h('span.verdict', {}, attached(f) ? attachedName(f.effect) : resultName(f.result)), pick(f.title)),
      f.message ? h('p', {}, pick(f.message)) : null,
      f.result === 'undecidable' && f.missing ? h('p', {}, `${tr('缺少', 'Missing')}${colon()}${titleOf(f.missing)}`) : null,
      f.comply ? h('p.comply', {}, `${tr('如何符合', 'To comply')}${colon()}${pick(f.comply)}`) : null,
      h('p.tags', {}, chip(effectName(f.effect)), m2 > 0 ? chip(`${tr('压占', 'Overlap')} ${hectares(m2)}`) : null, f.clauses.map(clause),
        has ? button(tr('在图上看', 'Show on the map'), () => {
          loud('', false);
          loud(f.rule, true);
          const hit = results.getFeatures().find((o) => o.get('rule') === f.rule);
          if (hit) look(hit.getGeometry()!.getExtent(), 17);
        }, 'button.link') : null));
    box.addEventListener('mouseenter', () => loud(f.rule, true));
    box.addEventListener('mouseleave', () => loud(f.rule, false));
    return box;
  }

  function showVerdict(): void {
    if (!answer) { fill(out, empty(tr('画出、上传或点选一个范围，审查结果显示在这里。', 'Draw, upload or pick an outline; the verdict appears here.'))); return; }
    const v = answer.verdict;
    results.clear();
    results.addFeatures(geojson.readFeatures(answer.overlaps) as Feature<Geometry>[]);
    const soft = new Set(v.findings.filter(attached).map((f) => f.rule));
    results.forEachFeature((o) => { if (soft.has(String(o.get('rule')))) o.set('result', 'attached'); });
    const failed = v.findings.filter((f) => f.result === 'fail' && !attached(f)), more = v.findings.filter(attached), unknown = v.findings.filter((f) => f.result === 'undecidable');
    const held = v.findings.filter((f) => f.result === 'pass');
    const origin = v.generated_layers.map(titleOf);
    fill(out, h(`div.result.${v.result}`, { role: 'status' }, resultName(v.result), v.result === 'pass' && more.length ? h('small', {}, tr(`，附 ${more.length} 项要求`, `, with ${more.length} attached`)) : null),
      h('p.figures', {}, `${tr('面积', 'Area')} ${hectares(v.subject.area_m2)}`, v.subject.unit ? ` · ${v.subject.unit}` : '', ` · ${tr('底图修订', 'map revision')} ${v.revision} · ${v.as_of}`),
      h('p.soft', {}, tr(`${failed.length} 项不符合，${more.length} 项附带要求，${unknown.length} 项无法判定，${held.length} 项通过`, `${failed.length} not met, ${more.length} attached, ${unknown.length} undecidable, ${held.length} passed`)),
      origin.length ? h('details.notice', {}, h('summary', {}, tr(`结论依据 ${origin.length} 个生成数据图层，非调查成果`, `Rests on ${origin.length} layers of generated data, not surveys`)), h('p', {}, origin.join(tr('、', ', ')))) : null,
      h('div.row.noprint', {}, pdf, button(tr('打印', 'Print'), () => print(), 'button', { id: 'print' })),
      failed.map(finding), wanting(unknown), more.map(finding),
      unknown.length ? h('details', { id: 'unknown', open: unknown.length <= FEW ? true : undefined }, h('summary', {}, tr(`无法判定的规则（${unknown.length}）`, `Rules that cannot be decided (${unknown.length})`)), unknown.map(finding)) : null,
      held.length ? h('details', {}, h('summary', {}, tr(`通过的规则（${held.length}）`, `Rules that hold (${held.length})`)), held.map(finding)) : null);
  }

  /** What the undecidable rules wait for, asked in place: the most wanted first. */
  function wanting(unknown: Finding[]): HTMLElement | null {
    const count = new Map<string, number>();
    for (const f of unknown) if (f.missing) count.set(f.missing, (count.get(f.missing) ?? 0) + 1);
    const asked = [...count].map(([name, n]) => ({ n, field: kind().facts.find((f) => f.name === name) })).filter((a): a is { n: number; field: FactField } => Boolean(a.field)).sort((a, b) => b.n - a.n);
    if (!asked.length) return null;
    return h('section.wanting.noprint', { id: 'wanting' }, h('h3', {}, tr('补充以下事实即可继续判定', 'Tell what is still unknown')),
      asked.map(({ n, field: f }) => field(`${f.title}${f.unit ? `${paren(f.unit)}` : ''} · ${tr(`${n} 条规则需要`, `asked by ${n} rules`)}`, factInput(f, () => { drawFacts(); void run(); }))));
  }
  const asBody = (): object => ({ geometry: subject!.geometry, type: kindId, facts, ...(name.value ? { name: name.value } : {}) });
  const pdf = button(tr('下载 PDF', 'Download as PDF'), () => { void (async () => {
    pdf.disabled = true;
    try {
      save(`${name.value || 'verdict'}.pdf`, await (await send('/processes/check/execution', { body: { inputs: { ...asBody(), format: 'pdf' } }, accept: 'application/pdf' })).blob());
    } catch (why) { toast((why as Error).message, true); }
    pdf.disabled = false;
  })(); }, 'button', { id: 'pdf' });

  async function run(): Promise<void> {
    if (!subject) { fail(tr('请先画出、上传或点选范围', 'Draw, upload or pick an outline first')); return; }
    fill(out, busy(tr('正在审查……', 'Checking …')));
    const mine = subject;
    try {
      const got = await get<Answer>('/processes/check/execution', { body: { inputs: asBody() } });
      if (mine !== subject) return;
      answer = got;
      showVerdict();
    } catch (why) { if (!(why instanceof Problem) || mine === subject) fail(why); }
  }

  const drawButton = button(tr('画范围', 'Draw'), () => {
    if (drawButton.getAttribute('aria-pressed') === 'true') { stopDrawing(); return; }
    drawButton.setAttribute('aria-pressed', 'true');
    say(tr('逐点点击，双击结束；Esc 取消', 'Click the corners, double-click to end; Esc cancels'));
    startDrawing('Polygon', (f) => take({ geometry: JSON.parse(geojson.writeGeometry(f.getGeometry()!, { decimals: 8 })), name: '', from: tr('图上绘制', 'Drawn on the map') }, false),
      () => { drawButton.setAttribute('aria-pressed', 'false'); say(); });
  }, 'button', { id: 'draw', 'aria-pressed': 'false' });
  const pickButton = button(tr('点选图斑', 'Pick a parcel'), () => {
    picking = !picking;
    pickButton.setAttribute('aria-pressed', String(picking));
    say(picking ? tr('在图上点击一个图斑', 'Click a parcel on the map') : '');
  }, 'button', { id: 'pick', 'aria-pressed': 'false' });
  s.extra.click = (_at, pixel) => {
    if (!picking) return false;
    const found = featureAt(pixel);
    if (found) void readFeature(found.collection, found.id).then((f) => take({ geometry: f.geometry, name: '', from: `${found.collection.title} ${found.id}` }), fail);
    picking = false;
    pickButton.setAttribute('aria-pressed', 'false');
    say();
    return true;
  };
  file.addEventListener('change', () => {
    const given = file.files?.[0];
    file.value = '';
    if (!given) return;
    fill(fileBox, busy(tr('正在读取文件……', 'Reading the file …')));
    void bring(fileBox, given, systems, (o, brought) => take({ geometry: o.geometry, name: brought.outlines.length > 1 ? '' : brought.name, from: given.name }));
  });
  const usePasted = (): void => { try { take({ geometry: polygonsOf(JSON.parse(pasted.value))[0].geometry, name: '', from: tr('粘贴', 'Pasted') }); } catch (why) { fail(why); } };

  say();
  drawFacts();
  fill(s.aside, h('h1', {}, tr('规划审查', 'Check against the plans')),
    h('div.row', {}, drawButton, button(tr('上传', 'Upload'), () => file.click(), 'button', { id: 'upload', title: tr('可读取 GeoJSON、Shapefile（zip）、GeoPackage、DXF、KML、WKT', 'GeoJSON, Shapefile (zip), GeoPackage, DXF, KML, WKT') }), pickButton,
      button(tr('清除', 'Clear'), () => { stopDrawing(); subject = answer = null; facts = {}; fill(fileBox); name.value = pasted.value = ''; drawFacts(); showSubject(); showVerdict(); }, 'button.quiet', { id: 'clear' }), file),
    hint, fileBox, chosen,
    field(tr('对象类型', 'Kind of subject'), select(all.map((k) => [k.id, k.title || k.id]), kindId, (v) => { kindId = v; facts = {}; drawFacts(); }, { id: 'kind' })),
    h('details', {}, h('summary', {}, tr('名称与已知事实', 'Name and what is known')), field(tr('名称', 'Name'), name), factBox),
    h('details', {}, h('summary', {}, tr('粘贴坐标（GeoJSON）', 'Paste coordinates (GeoJSON)')), field(tr('范围，经纬度', 'Outline, longitude and latitude'), pasted), button(tr('使用', 'Use'), usePasted)),
    h('div.row', {}, button(tr('审查', 'Check'), () => { void run(); }, 'button.main', { id: 'run' })), out);
  showSubject();
  showVerdict();
  const [layer, feature] = route.parts;
  const from = layers.find((c) => c.id === layer);
  if (from && feature) {
    const f = await readFeature(from, feature);
    take({ geometry: f.geometry, name: '', from: `${from.title} ${feature}` });
  } else if (subject) look(marks.getExtent());
  return () => { stopDrawing(); s.leave(); };
};
