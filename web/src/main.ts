/** The portal: its frame, its pages by address, who is signed in, and the language. */
import { forget, get, may, readSession, roles, signOut, whenSessionChanges, who } from './api';
import { busy, button, fill, h, problem, toast } from './dom';
import { language, roleName, setLanguage, tr } from './words';
import type { Page } from './page';

const pages: Record<string, { title: () => string; open: () => Promise<{ page: Page }>; tab: boolean; when?: () => boolean }> = {
  map: { title: () => tr('地图', 'Map'), open: () => import('./pages/map'), tab: true },
  edit: { title: () => tr('编辑', 'Edit'), open: () => import('./pages/edit'), tab: true, when: () => may('write', '*') || (who().grants ?? []).some((g) => g.ledger.startsWith('layer:')) },
  check: { title: () => tr('规划审查', 'Check'), open: () => import('./pages/check'), tab: true },
  dashboard: { title: () => tr('指标', 'Indicators'), open: () => import('./pages/dashboard'), tab: true },
  ledgers: { title: () => tr('台账', 'Ledgers'), open: () => import('./pages/ledgers'), tab: true },
  clauses: { title: () => tr('条款', 'Clauses'), open: () => import('./pages/clauses'), tab: true },
  models: { title: () => tr('模型', 'Models'), open: () => import('./pages/models'), tab: true },
  public: { title: () => tr('公众', 'Public'), open: () => import('./pages/public'), tab: true },
  account: { title: () => tr('账号', 'Account'), open: () => import('./pages/account'), tab: false },
};

let leave: (() => void) | undefined;
let here = '';

function tabs(current: string): HTMLElement {
  return h('nav', { 'aria-label': tr('页面', 'Pages') }, Object.entries(pages).filter(([, p]) => p.tab && (p.when?.() ?? true)).map(([id, p]) =>
    h('a', { href: `#/${id}`, 'aria-current': id === current ? 'page' : undefined }, p.title())));
}

function people(): HTMLElement {
  const s = who();
  if (!s.account) return h('a.button', { id: 'sign-in', href: `#/account?next=${encodeURIComponent(location.hash || '#/map')}` }, tr('登录', 'Sign in'));
  const all = roles().map(roleName);
  return h('div.people', {},
    h('a', { href: '#/account', id: 'who', title: all.join(', ') }, s.account, all.length ? h('small', {}, all[0] + (all.length > 1 ? ` +${all.length - 1}` : '')) : null),
    button(tr('退出', 'Sign out'), () => { void signOut().then(() => { toast(tr('已退出', 'Signed out')); location.hash = '#/map'; }, (why) => toast(String(why.message), true)); }, 'button', { id: 'sign-out' }));
}

async function frame(current: string): Promise<void> {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
  const home = document.getElementById('home')!;
  fill(document.getElementById('bar')!, tabs(current));
  fill(document.getElementById('side')!, people(),
    button(language() === 'zh' ? 'English' : '中文', () => { setLanguage(language() === 'zh' ? 'en' : 'zh'); forget(); void show(); }, 'button', { id: 'language', lang: language() === 'zh' ? 'en' : 'zh-CN' }));
  document.getElementById('skip')!.textContent = tr('跳到内容', 'Skip to content');
  const title = await get<{ title: string }>('/').then((d) => d.title, () => 'guotu');
  home.textContent = title;
  document.title = pages[current] ? `${pages[current].title()} · ${title}` : title;
}

async function show(): Promise<void> {
  const raw = decodeURI(location.hash.replace(/^#\/?/, '')) || 'map';
  const [path, query = ''] = raw.split('?');
  const [name, ...parts] = path.split('/').map(decodeURIComponent);
  const root = document.getElementById('page')!;
  leave?.();
  leave = undefined;
  here = raw;
  void frame(name);
  if (who().mustChange && name !== 'account') { location.hash = '#/account'; return; }
  const entry = pages[name];
  if (!entry) { fill(root, problem(tr('没有这个页面', 'There is no such page'))); return; }
  root.className = `page-${name}`;
  const body = h('div.body', {}, busy());
  fill(root, body);
  try {
    const { page } = await entry.open();
    if (body.parentElement !== root) return;
    const done = await page(body, { name, parts, query: new URLSearchParams(query) });
    if (body.parentElement === root) leave = done ?? undefined;
    else done?.();
  } catch (why) {
    if (body.parentElement === root) fill(body, problem(why, () => { void show(); }));
  }
}

window.addEventListener('hashchange', () => { void show(); });
whenSessionChanges(() => { forget(); void show(); });
document.getElementById('skip')!.addEventListener('click', () => document.getElementById('page')!.focus());
// the page of the address is fetched while the session is asked for
void pages[/^#\/?([a-z]+)/.exec(location.hash)?.[1] ?? 'map']?.open().catch(() => undefined);
readSession().catch(() => undefined).finally(() => { if (!here) void show(); });
