/** The portal: the map with its layers, and checks. Everything comes from the server it is on. */
import 'ol/ol.css';
import Map from 'ol/Map';
import View from 'ol/View';
import MVT from 'ol/format/MVT';
import GeoJSON from 'ol/format/GeoJSON';
import VectorTileLayer from 'ol/layer/VectorTile';
import VectorTileSource from 'ol/source/VectorTile';
import VectorLayer from 'ol/layer/Vector';
import VectorSource from 'ol/source/Vector';
import Draw from 'ol/interaction/Draw';
import ScaleLine from 'ol/control/ScaleLine';
import { defaults as controls } from 'ol/control/defaults';
import { transformExtent } from 'ol/proj';
import { Fill, Stroke, Style, Circle } from 'ol/style';
import type { FeatureLike } from 'ol/Feature';
import { say, theme, type Lang, type Word } from './words';

interface Class { code: string; title: string; color: string }
interface Collection {
  id: string; title: string; theme: string | null; geometryType: string; featureCount: number;
  origin: string; source: string | null; color: string | null; classField?: string; classes?: Class[];
  clauses: string[]; extent?: { spatial: { bbox: number[][] } };
}
interface Kind { id: string; title: string; facts: { name: string; title: string; unit: string | null; type: string; codes: [string, string][] }[] }
interface Text2 { zh: string; en: string }
interface Finding {
  title: Text2; clauses: string[]; result: 'pass' | 'fail' | 'undecidable'; missing: string | null;
  message: Text2 | null; comply: Text2 | null; measures: { m2: number; layer: string }[];
}
interface Answer {
  verdict: { result: 'pass' | 'fail' | 'undecidable'; subject: { area_m2: number; unit: string | null }; generated_layers: string[]; findings: Finding[] };
  overlaps: object;
}

const $ = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const stored = (): Lang => {
  const given = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem('lang') ?? navigator.language;
  return given.startsWith('en') ? 'en' : 'zh';
};
let lang: Lang = stored();
const t = (word: Word): string => say(lang, word);

async function get<T>(path: string, init?: RequestInit): Promise<T> {
  const glue = path.includes('?') ? '&' : '?';
  const reply = await fetch(`${path}${glue}lang=${lang}`, init);
  const body = await reply.json();
  if (!reply.ok) throw new Error(body.detail ?? body.title ?? String(reply.status));
  return body as T;
}

/** An element with text, never markup: what comes from the map is data. */
function make(tag: string, text = '', className = ''): HTMLElement {
  const e = document.createElement(tag);
  e.textContent = text;
  if (className) e.className = className;
  return e;
}

// ---- the map ------------------------------------------------------------------------------------
const overlaps = new VectorSource();
const subject = new VectorSource();
const map = new Map({
  target: 'map',
  controls: controls().extend([new ScaleLine()]),
  view: new View({ center: [0, 0], zoom: 2, maxZoom: 20 }),
  layers: [
    new VectorLayer({ source: subject, zIndex: 90, style: new Style({ stroke: new Stroke({ color: '#175c8c', width: 3 }), fill: new Fill({ color: '#175c8c22' }) }) }),
    new VectorLayer({
      source: overlaps, zIndex: 100,
      style: (f) => {
        const color = f.get('result') === 'fail' ? '#b3261e' : '#c48a00';
        return new Style({ stroke: new Stroke({ color, width: 2 }), fill: new Fill({ color: `${color}77` }) });
      },
    }),
  ],
});

const palette = ['#7fb069', '#e6aa68', '#6a8caf', '#b5838d', '#a5a58d', '#d68c45', '#5f9ea0', '#9b72aa'];
const shown: Record<string, VectorTileLayer> = {};
let collections: Collection[] = [];

function colour(c: Collection): string {
  const sum = [...c.id].reduce((n, ch) => n + ch.charCodeAt(0), 0);
  return c.color ?? palette[sum % palette.length];
}

function classColour(c: Collection, code: string): string {
  for (let n = code.length; n > 0; n--) {
    const found = c.classes?.find((k) => k.code === code.slice(0, n));
    if (found) return found.color;
  }
  return colour(c);
}

function layerOf(c: Collection): VectorTileLayer {
  const styles: Record<string, Style> = {};
  const styleOf = (f: FeatureLike): Style => {
    const code = c.classField ? String(f.get(c.classField) ?? '') : '';
    return (styles[code] ??= (() => {
      const color = classColour(c, code);
      const stroke = new Stroke({ color: c.classes ? '#00000030' : color, width: c.classes ? 0.5 : 1.5 });
      return new Style({ stroke, fill: new Fill({ color: c.classes ? `${color}cc` : `${color}55` }), image: new Circle({ radius: 4, fill: new Fill({ color }), stroke }) });
    })());
  };
  return new VectorTileLayer({
    source: new VectorTileSource({ format: new MVT(), url: `/collections/${c.id}/tiles/WebMercatorQuad/{z}/{y}/{x}`, maxZoom: 16 }),
    style: styleOf, declutter: false, properties: { id: c.id },
  });
}

function toggle(c: Collection, on: boolean): void {
  if (on && !shown[c.id]) {
    shown[c.id] = layerOf(c);
    shown[c.id].setZIndex(collections.length - collections.indexOf(c));
    map.addLayer(shown[c.id]);
  }
  shown[c.id]?.setVisible(on);
}

function legend(c: Collection): HTMLElement {
  const list = make('ul', '', 'legend');
  for (const k of c.classes ?? []) {
    const item = make('li');
    const box = make('i');
    box.style.background = k.color;
    item.append(box, `${k.code} ${k.title}`);
    list.append(item);
  }
  return list;
}

function tree(): void {
  const root = $('layers');
  const on = new Set(Object.keys(shown).filter((id) => shown[id].getVisible()));
  root.replaceChildren();
  const themes = [...new Set(collections.map((c) => c.theme ?? ''))];
  for (const id of themes) {
    root.append(make('h2', id ? theme(lang, id) : t('others')));
    for (const c of collections.filter((k) => (k.theme ?? '') === id)) {
      const label = make('label');
      const box = document.createElement('input');
      const swatch = make('i', '', 'swatch');
      box.type = 'checkbox';
      box.checked = on.has(c.id);
      box.disabled = c.featureCount === 0;
      swatch.style.background = colour(c);
      label.append(box, c.classes?.length ? '' : swatch, c.title, make('small', `${c.featureCount}`));
      if (c.origin === 'generated') {
        label.title = t('generated');
        label.append(make('small', t('mark'), 'mark'));
      }
      const key = legend(c);
      key.hidden = !box.checked;
      box.addEventListener('change', () => { toggle(c, box.checked); key.hidden = !box.checked; });
      root.append(label, key);
    }
  }
}

// ---- the feature card ---------------------------------------------------------------------------
async function showCard(id: string, feature: string): Promise<void> {
  const c = collections.find((k) => k.id === id);
  if (!c) return;
  const [f, q] = await Promise.all([
    get<{ properties: Record<string, unknown> }>(`/collections/${id}/items/${encodeURIComponent(feature)}`),
    get<{ properties: Record<string, { title?: string }> }>(`/collections/${id}/queryables`),
  ]);
  const card = $('card');
  const close = make('button', t('close')) as HTMLButtonElement;
  close.addEventListener('click', () => { card.hidden = true; $('map').focus(); });
  const table = make('table');
  for (const [name, value] of Object.entries(f.properties)) {
    if (value === null || value === '') continue;
    const row = make('tr');
    row.append(make('th', q.properties[name]?.title || name), make('td', String(value)));
    table.append(row);
  }
  card.replaceChildren(close, make('h2', `${c.title} ${feature}`), table);
  if (c.clauses.length) card.append(make('p', `${t('clauses')}: ${c.clauses.join('  ')}`, 'soft'));
  if (c.source) card.append(make('p', `${t('source')}: ${c.source}`, 'soft'));
  if (c.origin === 'generated') card.append(make('p', t('generated'), 'notice'));
  card.hidden = false;
  close.focus();
}

let drawing: Draw | null = null;
map.on('singleclick', (e) => {
  if (drawing) return;
  map.forEachFeatureAtPixel(e.pixel, (f, layer) => {
    const id = layer?.get('id');
    if (!id) return false;
    showCard(id, String(f.get('id'))).catch((why) => report(why));
    return true;
  });
});

// ---- check --------------------------------------------------------------------------------------
let kinds: Kind[] = [];
const geojson = new GeoJSON({ dataProjection: 'EPSG:4326', featureProjection: 'EPSG:3857' });

function report(why: unknown): void {
  $('verdict').replaceChildren(make('p', why instanceof Error ? why.message : String(why), 'problem'));
}

function stopDrawing(): void {
  if (drawing) map.removeInteraction(drawing);
  drawing = null;
  $('draw').setAttribute('aria-pressed', 'false');
  $('check-hint').textContent = t('hint');
}

function startDrawing(): void {
  if (drawing) { stopDrawing(); return; }
  drawing = new Draw({ source: subject, type: 'Polygon' });
  $('draw').setAttribute('aria-pressed', 'true');
  $('check-hint').textContent = t('drawing');
  drawing.on('drawstart', () => { subject.clear(); overlaps.clear(); });
  drawing.on('drawend', (e) => {
    $<HTMLTextAreaElement>('outline').value = geojson.writeGeometry(e.feature.getGeometry()!, { decimals: 7 });
    setTimeout(() => { stopDrawing(); runCheck(); }, 0);
  });
  map.addInteraction(drawing);
}

function factForm(): void {
  const kind = kinds.find((k) => k.id === $<HTMLSelectElement>('kind').value);
  const root = $('facts');
  root.replaceChildren();
  for (const f of kind?.facts ?? []) {
    const label = make('label', f.title + (f.unit ? ` (${f.unit})` : ''));
    const options: [string, string][] = f.type === 'boolean' ? [['yes', t('yes')], ['no', t('no')]] : f.codes;
    let input: HTMLInputElement | HTMLSelectElement;
    if (options.length) {
      input = document.createElement('select');
      input.append(new Option(t('none'), ''));
      for (const [code, title] of options) input.append(new Option(title ? `${title} (${code})` : code, code));
    } else {
      input = document.createElement('input');
      input.type = 'text';
    }
    input.dataset.fact = f.name;
    label.append(input);
    root.append(label);
  }
}

/** A fact's title in the form, a layer's in the tree, else the name. */
function named(id: string): string {
  const kind = kinds.find((k) => k.id === $<HTMLSelectElement>('kind').value);
  return kind?.facts.find((f) => f.name === id)?.title || collections.find((c) => c.id === id)?.title || id;
}

function finding(f: Finding): HTMLElement {
  const box = make('div', '', `finding ${f.result}`);
  box.append(make('b', `${t(f.result)}: ${f.title[lang]}`));
  if (f.message) box.append(make('p', f.message[lang]));
  if (f.result === 'undecidable' && f.missing) box.append(make('p', `${t('missing')}: ${named(f.missing)}`));
  if (f.comply) box.append(make('p', f.comply[lang]));
  const m2 = f.measures.reduce((n, m) => Math.max(n, m.m2 || 0), 0);
  if (m2 > 0) box.append(make('span', `${t('overlap')} ${(m2 / 1e4).toFixed(4)} ha`, 'tag'));
  for (const c of f.clauses) box.append(make('span', c, 'tag'));
  return box;
}

function showVerdict(a: Answer): void {
  const v = a.verdict;
  const root = $('verdict');
  root.replaceChildren(make('div', t(v.result), `result ${v.result}`));
  root.append(make('p', `${t('area')} ${(v.subject.area_m2 / 1e4).toFixed(4)} ha${v.subject.unit ? `  ${t('unit')} ${v.subject.unit}` : ''}`));
  if (v.generated_layers.length) root.append(make('p', t('generated'), 'notice'));
  for (const f of v.findings.filter((k) => k.result !== 'pass')) root.append(finding(f));
  root.append(make('p', `${v.findings.filter((k) => k.result === 'pass').length} ${t('holds')}`, 'soft'));
  overlaps.clear();
  overlaps.addFeatures(geojson.readFeatures(a.overlaps));
}

async function runCheck(): Promise<void> {
  try {
    const text = $<HTMLTextAreaElement>('outline').value.trim();
    if (!text) throw new Error(t('empty'));
    const given = JSON.parse(text);
    const geometry = given.type === 'FeatureCollection' ? given.features[0].geometry : given.geometry ?? given;
    const facts: Record<string, string> = {};
    document.querySelectorAll<HTMLInputElement>('#facts [data-fact]').forEach((e) => { if (e.value) facts[e.dataset.fact!] = e.value; });
    subject.clear();
    subject.addFeatures(geojson.readFeatures({ type: 'Feature', properties: {}, geometry }));
    $('verdict').replaceChildren(make('p', t('busy')));
    const body = JSON.stringify({ inputs: { geometry, type: $<HTMLSelectElement>('kind').value, facts } });
    const headers = { 'Content-Type': 'application/json' };
    showVerdict(await get<Answer>('/processes/check/execution', { method: 'POST', headers, body }));
    map.getView().fit(subject.getExtent(), { padding: [80, 80, 80, 80], maxZoom: 16 });
  } catch (why) {
    report(why);
  }
}

// ---- the page -----------------------------------------------------------------------------------
function show(tab: 'layers' | 'check'): void {
  for (const name of ['layers', 'check'] as const) {
    $(name).hidden = name !== tab;
    $(`tab-${name}`).setAttribute('aria-pressed', String(name === tab));
  }
}

async function load(first: boolean): Promise<void> {
  document.documentElement.lang = lang;
  const labels: [string, Word][] = [['tab-layers', 'map'], ['tab-check', 'check'], ['language', 'other'], ['check-hint', 'hint'], ['label-kind', 'kind'], ['draw', 'draw'], ['clear', 'clear'], ['label-outline', 'outline'], ['label-facts', 'facts'], ['run', 'run']];
  for (const [id, word] of labels) $(id).textContent = t(word);
  const [home, all, process] = await Promise.all([
    get<{ title: string }>('/'), get<{ collections: Collection[] }>('/collections'), get<{ kinds: Kind[] }>('/processes/check'),
  ]);
  $('title').textContent = document.title = home.title;
  collections = all.collections;
  kinds = process.kinds;
  const select = $<HTMLSelectElement>('kind');
  const kept = select.value || 'project';
  select.replaceChildren(...kinds.map((k) => new Option(k.title || k.id, k.id)));
  select.value = kept;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
  factForm();
  if (first) {
    const land = collections.find((c) => c.classes?.length && c.featureCount) ?? collections.find((c) => c.featureCount);
    const box = (land ?? collections[0])?.extent?.spatial.bbox[0];
    if (box) map.getView().fit(transformExtent(box, 'EPSG:4326', 'EPSG:3857'), { padding: [20, 20, 20, 20] });
    const units = collections.find((c) => c.id === 'districts');
    if (units) toggle(units, true);
    if (land) toggle(land, true);
  }
  tree();
}

$('tab-layers').addEventListener('click', () => show('layers'));
$('tab-check').addEventListener('click', () => show('check'));
$('language').addEventListener('click', () => { lang = lang === 'zh' ? 'en' : 'zh'; localStorage.setItem('lang', lang); load(false).catch(report); });
$('draw').addEventListener('click', startDrawing);
$('clear').addEventListener('click', () => { stopDrawing(); subject.clear(); overlaps.clear(); $('verdict').replaceChildren(); $<HTMLTextAreaElement>('outline').value = ''; });
$('run').addEventListener('click', () => { runCheck(); });
$('kind').addEventListener('change', factForm);
document.addEventListener('keydown', (e) => { if (e.key === 'Escape') { stopDrawing(); $('card').hidden = true; } });
load(true).catch((why) => { show('check'); report(why); });
