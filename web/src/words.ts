/** The language of the pages and what is named in it. */
export type Lang = 'zh' | 'en';

const asked = new URLSearchParams(location.search).get('lang');
const kept = asked ?? localStorage.getItem('lang') ?? navigator.language;
let lang: Lang = kept.startsWith('en') ? 'en' : 'zh';

export const language = (): Lang => lang;
export function setLanguage(next: Lang): void {
  lang = next;
  localStorage.setItem('lang', next);
}

/** Both wordings stand side by side, so that neither is forgotten. */
export const tr = (zh: string, en: string): string => (lang === 'zh' ? zh : en);

/** Marks between words, as each language sets them. */
export const colon = (): string => tr('：', ': ');
export const comma = (): string => tr('，', ', ');
export const paren = (text: string): string => tr(`（${text}）`, ` (${text})`);

export interface Text2 { zh: string; en: string }
export const pick = (text: Text2 | null | undefined): string => (text ? text[lang] : '');

type Table = Record<string, [string, string]>;
const named = (table: Table, id: string): string => table[id]?.[lang === 'zh' ? 0 : 1] ?? id;

/** Themes of layer trees, as packages name them. */
const themes: Table = {
  base: ['基础', 'Base'],
  units: ['行政区划', 'Units'],
  survey: ['国土调查', 'Survey'],
  control_lines: ['控制线与分区', 'Control lines and zones'],
  structure: ['空间结构', 'Spatial structure'],
  ecology: ['生态安全格局', 'Ecological security'],
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
export const theme = (id: string): string => named(themes, id);

const results: Table = {
  pass: ['符合', 'Conforms'],
  fail: ['不符合', 'Does not conform'],
  undecidable: ['无法判定', 'Cannot be decided'],
};
export const resultName = (id: string): string => named(results, id);

const effects: Table = {
  deny: ['禁止', 'Denial'],
  condition: ['条件', 'Condition'],
  duty: ['义务', 'Duty'],
  note: ['提示', 'Note'],
};
export const effectName = (id: string): string => named(effects, id);

const strengths: Table = {
  binding: ['约束性', 'Binding'],
  guidance: ['预期性', 'Guidance'],
  descriptive: ['说明性', 'Descriptive'],
};
export const strengthName = (id: string): string => named(strengths, id);

const origins: Table = {
  survey: ['调查成果', 'Survey'],
  open: ['公开数据', 'Open data'],
  generated: ['生成数据', 'Generated'],
};
export const originName = (id: string): string => named(origins, id);

const standings: Table = {
  met: ['达标', 'Met'],
  on_path: ['按序时', 'On path'],
  behind: ['滞后', 'Behind'],
  broken: ['未达标', 'Not met'],
  undecidable: ['无法判定', 'Undecidable'],
  no_target: ['未设目标', 'No target'],
};
export const standingName = (id: string): string => named(standings, id);

const units: Table = {
  m2: ['平方米', 'm²'], ha: ['公顷', 'ha'], km2: ['平方公里', 'km²'], mu: ['亩', 'mu'],
  wan_mu: ['万亩', '10⁴ mu'], wan_m2: ['万平方米', '10⁴ m²'], wan_m3: ['万立方米', '10⁴ m³'], count: ['个', ''],
  records: ['条', 'records'], yi_yuan: ['亿元', '10⁸ yuan'],
  m3_per_wan_yuan: ['立方米/万元', 'm³ per 10⁴ yuan'], yi_yuan_per_km2: ['亿元/平方公里', '10⁸ yuan per km²'],
  m2_per_person: ['平方米/人', 'm² per person'],
};
export const unitName = (id: string): string => named(units, id);

const roleNames: Table = {
  founder: ['创建人', 'Founder'],
  district_officer: ['区级经办', 'District officer'],
  inspector: ['审核人员', 'Inspector'],
  editor: ['数据编辑', 'Editor'],
  reader: ['查阅', 'Reader'],
};
export const roleName = (id: string): string => named(roleNames, id);

const digits = (least: number, most: number): Intl.NumberFormat =>
  new Intl.NumberFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { minimumFractionDigits: least, maximumFractionDigits: most });
export const number = (x: number, most = 2): string => digits(0, most).format(x);
export const hectares = (m2: number): string => `${digits(2, m2 < 1e4 ? 4 : 2).format(m2 / 1e4)} ${tr('公顷', 'ha')}`;
export const squareKm = (m2: number): string => `${digits(0, m2 < 1e7 ? 3 : 1).format(m2 / 1e6)} ${tr('平方公里', 'km²')}`;
export const area = (m2: number): string => (m2 >= 1e6 ? squareKm(m2) : hectares(m2));
/** A moment, to the minute, in the reader's zone. */
export function moment(iso: string): string {
  const d = new Date(iso);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`;
}
