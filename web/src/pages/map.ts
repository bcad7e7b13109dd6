/** The map: layers, the card of a feature, sums within a drawn outline. */
import { fill, h } from '../dom';
import { tree } from '../layers';
import { look, boxOf, showCard } from '../map';
import { collections } from '../api';
import type { Page } from '../page';
import { split } from '../split';
import { tr } from '../words';

export const page: Page = async (root, route) => {
  const s = await split(root, tr('图层', 'Layers'));
  fill(s.aside, h('h1', {}, tr('图层', 'Layers')), await tree());
  const [id, feature] = route.parts;
  const box = route.query.get('bbox')?.split(',').map(Number);
  if (box?.length === 4 && box.every(Number.isFinite)) look(boxOf(box));
  const wanted = (await collections()).find((c) => c.id === id);
  if (wanted && feature) await showCard(s.card, wanted, feature);
  return s.leave;
};
