/** The table of what moved a figure. */
import type { Collection } from './api';
import { h } from './dom';
import { places, type Contribution } from './figures';
import { number, paren, tr, unitName } from './words';

/** A code with the name of its class, where the layer has classes. */
function named(code: string, where: string, layers: Collection[]): string {
  const classes = layers.find((c) => c.id === where.split(':')[0])?.classes ?? [];
  for (let n = code.length; n > 0; n--) {
    const found = classes.find((k) => k.code === code.slice(0, n));
    if (found) return `${code} ${found.title}`;
  }
  return code || '—';
}

export function contributions(list: Contribution[], quantum: number, unit: string, layers: Collection[]): HTMLElement {
  return h('div.scroll', {}, h('table.list.moves', {}, h('thead', {}, h('tr', {}, h('th.num', { scope: 'col' }, `${tr('贡献', 'Part')}${paren(unitName(unit))}`), h('th', { scope: 'col' }, tr('图斑、序列或台账记录', 'Parcel, series or record')))),
    h('tbody', {}, list.map((c) => {
      const x = c.quanta * quantum;
      return h('tr', {}, h('td', { class: `num ${x > 0 ? 'up' : 'down'}` }, `${x > 0 ? '+' : ''}${number(x, 5)}`),
        h('td', {}, places(c).map((p, i) => [i ? ' ' : '', p.href ? h('a', { href: p.href }, p.title) : p.title]), c.series || c.where ? null : tr('公式的非线性部分', 'Bend of the formula'),
          h('small.soft.block', {}, [c.district, c.before || c.after ? `${named(c.before, c.where, layers)} → ${named(c.after, c.where, layers)}` : ''].filter(Boolean).join(' · '))));
    }))));
}
