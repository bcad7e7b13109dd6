/** Words of the pages. */
export type Lang = 'zh' | 'en';
const words = {
  map: ['图层', 'Layers'],
  check: ['规划审查', 'Check'],
  other: ['English', '中文'],
  hint: ['在图上画出范围，或粘贴 GeoJSON（经纬度），再点“审查”。', 'Draw an outline on the map, or paste GeoJSON (longitude, latitude); then check.'],
  kind: ['对象类型', 'Kind of subject'],
  draw: ['画范围', 'Draw'],
  drawing: ['逐点点击，双击结束；Esc 取消', 'Click the corners, double-click to end; Esc cancels'],
  clear: ['清除', 'Clear'],
  outline: ['范围（GeoJSON）', 'Outline (GeoJSON)'],
  facts: ['已知事实', 'What is known'],
  run: ['审查', 'Check'],
  busy: ['正在审查……', 'Checking ...'],
  pass: ['符合', 'Conforms'],
  fail: ['不符合', 'Does not conform'],
  undecidable: ['无法判定', 'Cannot be decided'],
  missing: ['缺少', 'Missing'],
  clauses: ['条款', 'Clauses'],
  source: ['依据', 'Source'],
  close: ['关闭', 'Close'],
  generated: ['生成数据，非调查成果', 'generated data, not a survey'],
  mark: ['生成', 'generated'],
  holds: ['条规则通过', 'rules hold'],
  area: ['面积', 'Area'],
  unit: ['所在区', 'District'],
  features: ['个要素', 'features'],
  overlap: ['压占', 'overlap'],
  none: ['（不填）', '(not given)'],
  yes: ['是', 'yes'],
  no: ['否', 'no'],
  others: ['其他', 'Other'],
  empty: ['请先画出或粘贴范围', 'Draw or paste an outline first'],
} as const;
export type Word = keyof typeof words;
export const say = (lang: Lang, word: Word): string => words[word][lang === 'zh' ? 0 : 1];

/** Themes of layer trees, as packages name them. */
const themes: Record<string, [string, string]> = {
  base: ['基础', 'Base'],
  units: ['行政区划', 'Units'],
  survey: ['国土调查', 'Survey'],
  control_lines: ['控制线与分区', 'Control lines and zones'],
  structure: ['空间结构', 'Spatial structure'],
  evaluation: ['双评价', 'Dual evaluation'],
  water: ['水', 'Water'],
  safety: ['安全', 'Safety'],
  farmland: ['耕地', 'Farmland'],
  forest: ['林地', 'Forest'],
  restoration: ['生态修复', 'Restoration'],
  records: ['台账', 'Records'],
  built: ['建设用地', 'Built land'],
  cover: ['地表覆盖', 'Land cover'],
  protection: ['保护', 'Protection'],
};
export const theme = (lang: Lang, id: string): string => themes[id]?.[lang === 'zh' ? 0 : 1] ?? id;
