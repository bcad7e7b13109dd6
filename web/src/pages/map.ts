/** The map: layers, the card of a feature, sums within a drawn outline. */
import Feature from 'ol/Feature';
import type Geometry from 'ol/geom/Geometry';
import { busy, fill, h, problem } from '../dom';
import { explain, places } from '../figures';
import { tree } from '../layers';
import { boxOf, geojson, look, moves, picked, readFeature, showCard, toggleGrid, toggleId } from '../map';
import { collections, may } from '../api';
import { mapTools } from '../maptools';
import type { Page } from '../page';
import { split } from '../split';
import { colon, number, tr, unitName } from '../words';
import { contributions } from '../contributions';

/** What moved a figure, on the map: green is more, red is less. */
async function moved(query: URLSearchParams): Promise<HTMLElement> {
  const id = query.get('why')!;
  const e = await explain(id, query.get('unit') ?? '', query.get('from') ?? '', query.get('to') ?? '');
  const all = await collections();
  const seen = new Set<string>();
  const wanted = e.contributions.flatMap((c) => (c.sum || c.series ? [] : places(c).slice(0, 1).map((p) => ({ ...p, part: c.quanta }))))
    .filter((p) => p.id && !seen.has(p.layer + p.id) && seen.add(p.layer + p.id)).slice(0, 60);
  const found = await Promise.all(wanted.map((p) => {
    const c = all.find((k) => k.id === p.layer);
    return c ? readFeature(c, p.id).then((f) => new Feature({ geometry: geojson.readGeometry(f.geometry) as Geometry, part: p.part }), () => null) : null;
  }));
  moves.addFeatures(found.filter((f): f is Feature<Geometry> => f !== null));
  if (moves.getFeatures().length) look(moves.getExtent());
  return h('section', {}, h('p.crumbs', {}, h('a', { href: `#/dashboard/${encodeURIComponent(id)}` }, tr('指标监测', 'Indicators')), ' › ', tr('变化原因', 'What moved it')),
    h('h1', {}, e.indicator.title, e.district ? ` · ${e.district}` : ''),
    h('p', {}, `${query.get('from')} → ${query.get('to')}${colon()}${number((e.quanta || 0) * e.quantum, 4)} ${unitName(e.indicator.unit)}`),
    h('p.soft', {}, tr('图上绿色为增加，红色为减少。', 'Green adds, red takes away.')),
    contributions(e.contributions, e.quantum, e.indicator.unit, all));
}

export const page: Page = async (root, route) => {
  const s = await split(root, tr('图层', 'Layers'));
  const panel = h('div');
  const grid = route.query.get('grid');
  if (grid) toggleGrid(grid, true);
  const layers = [h('h1', {}, tr('图层', 'Layers')), await tree()];
  // the moment is part of the address, so that it can be sent to somebody
  const asked = (['datetime', 'revision'] as const).map((k) => (/^[\d-]+$/.test(route.query.get(k) ?? '') ? `${k}=${route.query.get(k)}` : '')).find(Boolean) ?? '';
  const end = mapTools(s, panel, asked, (then) => {
    const q = new URLSearchParams([...route.query].filter(([k]) => k !== 'datetime' && k !== 'revision'));
    if (then) q.set(then.split('=')[0], then.split('=')[1]);
    history.replaceState(null, '', `#/${['map', ...route.parts.map(encodeURIComponent)].join('/')}${q.size ? `?${q}` : ''}`);
  });
  s.extra.card = (f) => {
    if (f.collection.geometryType !== 'polygon') return null;
    const at = `${encodeURIComponent(f.collection.id)}/${encodeURIComponent(f.id)}`;
    return h('div.row', {}, h('a.button', { href: `#/check/${at}` }, tr('审查此范围', 'Check it')), may('write', `layer:${f.collection.id}`) ? h('a.button', { href: `#/edit/${at}` }, tr('编辑', 'Edit')) : null);
  };
  if (route.query.has('why')) {
    const top = h('div', {}, busy());
    fill(s.aside, panel, top, h('details', {}, h('summary', {}, tr('图层', 'Layers')), layers[1]));
    void moved(route.query).then((e) => fill(top, e), (why) => fill(top, problem(why)));
  } else fill(s.aside, panel, layers);
  performance.mark('guotu:usable'); // for bench/first_view.sh
  const [id, feature] = route.parts;
  const box = route.query.get('bbox')?.split(',').map(Number);
  if (box?.length === 4 && box.every(Number.isFinite)) look(boxOf(box));
  const wanted = (await collections()).find((c) => c.id === id);
  if (wanted && !feature) toggleId(wanted.id, true);
  if (wanted && feature) {
    await showCard(s.card, wanted, feature, s.extra.card, asked);
    const at = picked.getExtent();
    if (at && picked.getFeatures().length) look(at);
  }
  return () => { end(); s.leave(); };
};
