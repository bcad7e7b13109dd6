/** Who one is: signing in, the first password, rights, tokens of programs. */
import { choosePassword, get, signIn, signOut, who, type Grant } from '../api';
import { button, empty, field, fill, h, load, problem, toast } from '../dom';
import type { Page } from '../page';
import { roleName, tr } from '../words';

const LEAST = 10; // characters of a password, as the server asks

function signInForm(next: string): HTMLElement {
  const account = h<HTMLInputElement>('input', { type: 'text', name: 'account', autocomplete: 'username', required: true });
  const password = h<HTMLInputElement>('input', { type: 'password', name: 'password', autocomplete: 'current-password', required: true });
  const said = h('div');
  const send = h<HTMLButtonElement>('button.main', { type: 'submit' }, tr('登录', 'Sign in'));
  const form = h('form.card.narrow', {
    onsubmit: async (e: Event) => {
      e.preventDefault();
      send.disabled = true;
      fill(said);
      try {
        await signIn(account.value.trim(), password.value);
        if (!who().mustChange) location.hash = next;
      } catch (why) {
        fill(said, problem(why));
        password.select();
      }
      send.disabled = false;
    },
  }, h('h1', {}, tr('登录', 'Sign in')),
    field(tr('账号', 'Account'), account), field(tr('密码', 'Password'), password), said, send,
    h('p.soft', {}, tr('查看地图、审查和指标不需要登录；台账、编辑和模型需要。账号由本单位管理员开设。',
      'Maps, checks and indicators need no account; ledgers, editing and models do. Your administrator issues accounts.')));
  setTimeout(() => account.focus(), 0);
  return form;
}

function passwordForm(first: boolean, next: string): HTMLElement {
  const one = h<HTMLInputElement>('input', { type: 'password', name: 'new', autocomplete: 'new-password', required: true, minlength: LEAST });
  const two = h<HTMLInputElement>('input', { type: 'password', name: 'again', autocomplete: 'new-password', required: true, minlength: LEAST });
  const said = h('div');
  return h('form.card.narrow', {
    onsubmit: async (e: Event) => {
      e.preventDefault();
      if (one.value !== two.value) { fill(said, problem(tr('两次输入不一致', 'The two are not the same'))); return; }
      try {
        await choosePassword(one.value);
        toast(tr('密码已更改', 'The password is changed'));
        location.hash = next;
      } catch (why) { fill(said, problem(why)); }
    },
  }, first ? h('h1', {}, tr('请设置新密码', 'Choose a new password')) : h('h2', {}, tr('更改密码', 'Change the password')),
    first ? h('p.soft', {}, tr('一次性密码只能用于首次登录。设置新密码后才能办理业务。', 'A one-time password is good for one sign-in. Choose another before you go on.')) : null,
    field(tr('新密码', 'New password'), one, tr(`不少于 ${LEAST} 个字符`, `${LEAST} characters or more`)), field(tr('再次输入', 'Again'), two), said,
    h('button.main', { type: 'submit' }, tr('保存', 'Save')));
}

const all = (text: string, word: string): string => (text === '*' ? word : text);
function rights(grants: Grant[]): HTMLElement {
  if (!grants.length) return empty(tr('尚未授予任何权限，请联系管理员。', 'No rights have been granted yet. Ask your administrator.'));
  return h('div.scroll', {}, h('table.list', {}, h('thead', {}, h('tr', {}, [tr('角色', 'Role'), tr('范围', 'Unit'), tr('台账或图层', 'Ledger or layer'), tr('操作', 'Action')].map((t) => h('th', { scope: 'col' }, t)))),
    h('tbody', {}, grants.map((g) => h('tr', {}, h('td', {}, roleName(g.role)), h('td', {}, all(g.unit, tr('全域', 'Everywhere'))),
      h('td', {}, all(g.ledger, tr('全部', 'All'))), h('td', {}, all(g.action, tr('全部', 'All'))))))));
}

interface Token { number: number; title: string; made: number; expires: number; revoked: boolean }
function tokens(): HTMLElement {
  const root = h('div');
  const day = (s: number): string => new Date(s * 1000).toISOString().slice(0, 10);
  const list = async (): Promise<HTMLElement[]> => {
    const found = (await get<{ tokens: Token[] }>('/tokens')).tokens.filter((t) => !t.revoked);
    const title = h<HTMLInputElement>('input', { type: 'text', required: true, maxlength: 200, placeholder: tr('用途，如：QGIS 工作站', 'What for, e.g. QGIS at my desk'), 'aria-label': tr('用途', 'What for') });
    const days = h<HTMLInputElement>('input', { type: 'number', min: 1, max: 366, value: 90 });
    const said = h('div');
    const form = h('form.row', {
      onsubmit: async (e: Event) => {
        e.preventDefault();
        try {
          const made = await get<{ token: string }>('/tokens', { body: { title: title.value, days: Number(days.value) } });
          await load(root, list);
          root.prepend(h('p.told', { role: 'status' }, tr('新令牌只显示这一次：', 'The new token, shown only now: '), h('code', {}, made.token)));
        } catch (why) { fill(said, problem(why)); }
      },
    }, title, h('label.inline', {}, days, tr('天', 'days')), h('button', { type: 'submit' }, tr('新建', 'Make')));
    return [found.length === 0 ? h('p.soft', {}, tr('还没有令牌。', 'No tokens yet.')) : h('ul.plain', {}, found.map((t) => h('li.row', {}, h('span', {}, t.title),
      h('small.soft', {}, `${day(t.made)} – ${day(t.expires)}`),
      button(tr('停用', 'Revoke'), () => { void get(`/tokens/${t.number}`, { method: 'DELETE' }).then(() => load(root, list), (why) => fill(said, problem(why))); })))), form, said];
  };
  void load(root, list);
  return root;
}

export const page: Page = (root, route) => {
  const asked = route.query.get('next') ?? '#/map';
  const next = asked.startsWith('#/') && !asked.startsWith('#/account') ? asked : '#/map';
  const s = who();
  if (!s.account) { fill(root, h('div.centre', {}, signInForm(next))); return; }
  if (s.mustChange) { fill(root, h('div.centre', {}, passwordForm(true, next))); return; }
  fill(root, h('div.sheet', {}, h('h1', {}, s.account),
    h('section', {}, h('h2', {}, tr('我的权限', 'My rights')), rights(s.grants ?? [])),
    h('section', {}, h('h2', {}, tr('程序令牌', 'Tokens for programs')),
      h('p.soft', {}, tr('桌面软件和脚本用令牌访问接口，权限与本人相同。', 'Desktop programs and scripts use a token; it may do what you may.')), tokens()),
    h('section', {}, passwordForm(false, '#/account')),
    button(tr('退出登录', 'Sign out'), () => { void signOut(); })));
};
