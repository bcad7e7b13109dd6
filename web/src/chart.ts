/** A value over the years beside what the plans ask; the same is in a table for those who do not see it. */
import { Chart, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip } from 'chart.js';
import { h } from './dom';
import { colon, comma, number, tr } from './words';

Chart.register(CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip);

export interface Point { year: number; value: number | null; grade: string; generated: boolean }
export interface Target { year: number; must: string; value: number | null; clause: string; binding: boolean; each: boolean; in_force: boolean }

const colours: Record<string, string> = { green: '#1d6b3a', yellow: '#a38a00', orange: '#b4540a', red: '#b3261e', grey: '#8a96a1' };
export const gradeColour = (grade: string): string => colours[grade] ?? colours.grey;

export function trend(points: Point[], targets: Target[], unit: string, title: string): HTMLElement {
  const asked = targets.filter((t) => t.value !== null && t.in_force);
  const years = [...new Set([...points.map((p) => p.year), ...asked.map((t) => t.year)])].sort((a, b) => a - b);
  const value = years.map((y) => points.find((p) => p.year === y)?.value ?? null);
  const goal = years.map((y) => asked.find((t) => t.year === y)?.value ?? null);
  const font = { family: '"Segoe UI", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif', size: 12 };
  const canvas = h<HTMLCanvasElement>('canvas', { role: 'img', 'aria-label': `${title}${colon()}${points.filter((p) => p.value !== null).map((p) => `${p.year} ${number(p.value!)}`).join(comma())}` });
  const box = h('div.chart', {}, canvas);
  // a line of one target is drawn through all years, several are joined
  const flat = asked.length === 1 ? years.map(() => asked[0].value) : goal;
  requestAnimationFrame(() => {
    if (!canvas.isConnected) return;
    new Chart(canvas, {
      type: 'line',
      data: {
        labels: years.map(String),
        datasets: [
          { label: tr('现值', 'Value'), data: value, borderColor: '#175c8c', backgroundColor: '#175c8c', borderWidth: 2, pointRadius: 4, spanGaps: true,
            pointBackgroundColor: years.map((y) => gradeColour(points.find((p) => p.year === y)?.grade ?? 'grey')), pointBorderColor: '#fff' },
          ...(asked.length ? [{ label: tr('目标', 'Target'), data: flat, borderColor: '#b4540a', backgroundColor: '#b4540a', borderDash: [6, 4], borderWidth: 1.5, pointStyle: 'rectRot' as const, spanGaps: true,
            pointRadius: years.map((y) => (asked.some((t) => t.year === y) ? 5 : 0)) }] : []),
        ],
      },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, font, locale: tr('zh-CN', 'en-GB'),
        interaction: { mode: 'index', intersect: false },
        scales: { y: { title: { display: true, text: unit, font }, ticks: { font }, grace: '12%' }, x: { ticks: { font }, grid: { display: false } } },
        plugins: { legend: { position: 'bottom', labels: { font, usePointStyle: true, boxHeight: 7 } }, tooltip: { titleFont: font, bodyFont: font } },
      },
    });
  });
  return box;
}
