/** The table of what moved a figure. */
import { h } from './dom';
import { places, type Contribution } from './figures';
import { number, tr, unitName } from './words';

export function contributions(list: Contribution[], quantum: number, unit: string): HTMLElement {
  return h('div.scroll', {}, h('table.list.moves', {}, h('thead', {}, h('tr', {}, h('th.num', { scope: 'col' }, `${tr('贡献', 'Part')}（${unitName(unit)}）`), h('th', { scope: 'col' }, tr('图斑、序列或台账记录', 'Parcel, series or record')))),
    h('tbody', {}, list.map((c) => {
      const x = c.quanta * quantum;
      return h('tr', {}, h('td', { class: `num ${x > 0 ? 'up' : 'down'}` }, `${x > 0 ? '+' : ''}${number(x, 5)}`),
        h('td', {}, places(c).map((p, i) => [i ? ' ' : '', p.href ? h('a', { href: p.href }, p.title) : p.title]), c.series || c.where ? null : tr('公式的非线性部分', 'Bend of the formula'),
          h('small.soft.block', {}, [c.district, c.before || c.after ? `${c.before || '—'} → ${c.after || '—'}` : ''].filter(Boolean).join(' · '))));
    }))));
}
