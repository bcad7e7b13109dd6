/** A page with a panel beside the map. */
import { fill, h } from './dom';
import { clearMarks, featureAt, map, mount, showCard, type CardExtra } from './map';
import { isDrawing, stopDrawing } from './draw';
import { tr } from './words';

export interface Split { aside: HTMLElement; box: HTMLElement; card: HTMLElement; tools: HTMLElement; leave: () => void; extra: { card?: CardExtra; click?: (at: number[], pixel: number[]) => boolean } }

export async function split(root: HTMLElement, label: string): Promise<Split> {
  const target = h('div.map', { tabindex: 0, role: 'application', 'aria-label': tr('地图：方向键移动，加减号缩放', 'Map: arrows pan, plus and minus zoom') });
  const card = h('section.mapcard', { role: 'dialog', 'aria-label': tr('要素', 'Feature'), hidden: true });
  const tools = h('div.maptools');
  const box = h('div.mapbox', {}, target, tools, card);
  const aside = h('aside', { 'aria-label': label });
  root.classList.add('full');
  fill(root, h('div.split', {}, aside, box));
  const extra: Split['extra'] = {};
  await mount(target);
  const key = (e: KeyboardEvent): void => { if (e.key === 'Escape') card.hidden = true; };
  document.addEventListener('keydown', key);
  const click = map.on('singleclick', (e) => {
    if (isDrawing() || extra.click?.(e.coordinate, e.pixel)) return;
    const found = featureAt(e.pixel);
    if (found) void showCard(card, found.collection, found.id, extra.card, found.then);
    else card.hidden = true;
  });
  return {
    aside, box, card, tools, extra,
    leave: () => {
      document.removeEventListener('keydown', key);
      map.un('singleclick', click.listener as never);
      stopDrawing();
      clearMarks();
      map.setTarget(undefined);
    },
  };
}
