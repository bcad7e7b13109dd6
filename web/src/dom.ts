/** Elements made of text and other elements, never of markup: what comes from the map is data. */
import { Problem } from './api';
import { tr } from './words';

export type Child = Node | string | number | null | undefined | false | Child[];
type Props = Record<string, unknown>;

function append(e: Element, children: Child[]): void {
  for (const c of children) {
    if (Array.isArray(c)) append(e, c);
    else if (c instanceof Node) e.append(c);
    else if (c !== null && c !== undefined && c !== false) e.append(String(c));
  }
}

/** h('button.main', { onclick, 'aria-label': ... }, 'text'): "tag.class.class". */
export function h<T extends HTMLElement = HTMLElement>(what: string, props: Props = {}, ...children: Child[]): T {
  const [tag, ...classes] = what.split('.');
  const e = document.createElement(tag) as T;
  if (classes.length) e.className = classes.join(' ');
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value as EventListener);
    else if (name === 'value') (e as unknown as HTMLInputElement).value = String(value);
    else if (name === 'checked' || name === 'disabled' || name === 'hidden' || name === 'required' || name === 'selected') (e as unknown as Props)[name] = true;
    else e.setAttribute(name, value === true ? '' : String(value));
  }
  append(e, children);
  return e;
}

export function fill(e: Element, ...children: Child[]): void {
  e.replaceChildren();
  append(e, children);
}

export const button = (text: Child, onclick: () => void, what = 'button', props: Props = {}): HTMLButtonElement =>
  h<HTMLButtonElement>(what, { type: 'button', onclick, ...props }, text);

export function select(options: [string, string][], value: string, onchange: (value: string) => void, props: Props = {}): HTMLSelectElement {
  const e = h<HTMLSelectElement>('select', props, options.map(([id, title]) => h('option', { value: id, selected: id === value }, title)));
  e.addEventListener('change', () => onchange(e.value));
  return e;
}

/** A field with its label above it. */
export function field(label: string, input: HTMLElement, note = ''): HTMLElement {
  return h('label.field', {}, h('span', {}, label), input, note ? h('small', {}, note) : null);
}

export const chip = (text: string, kind = ''): HTMLElement => h(`span.chip${kind ? `.${kind}` : ''}`, {}, text);
export const clause = (id: string): HTMLElement => h('a.chip.clause', { href: `#/clauses/${encodeURIComponent(id)}`, title: tr('查看条款', 'See the clause') }, id);

export const busy = (text = tr('正在读取……', 'Loading …')): HTMLElement => h('p.state.busy', { role: 'status' }, text);
export const empty = (text: string, ...more: Child[]): HTMLElement => h('div.state.empty', {}, h('p', {}, text), more);

export function problem(why: unknown, again?: () => void): HTMLElement {
  const text = why instanceof Error ? why.message : String(why);
  const clauses = why instanceof Problem ? why.clauses : [];
  return h('div.state.problem', { role: 'alert' }, h('p', {}, text),
    clauses.length ? h('p', {}, clauses.map(clause)) : null,
    again ? button(tr('重试', 'Try again'), again) : null);
}

/** Shows `busy`, then what `work` makes, or its problem; a later call wins over an earlier one. */
const turns = new WeakMap<Element, number>();
export async function load(root: Element, work: () => Promise<Child>, quiet = false): Promise<void> {
  const turn = (turns.get(root) ?? 0) + 1;
  turns.set(root, turn);
  if (!quiet) fill(root, busy());
  try {
    const made = await work();
    if (turns.get(root) === turn) fill(root, made);
  } catch (why) {
    if (turns.get(root) === turn) fill(root, problem(why, () => { void load(root, work); }));
  }
}

/** A note that goes away by itself; read out at once. */
export function toast(text: string, bad = false): void {
  const note = h(`div.toast${bad ? '.bad' : ''}`, { role: bad ? 'alert' : 'status' }, text);
  document.getElementById('toasts')?.append(note);
  setTimeout(() => note.remove(), bad ? 9000 : 5000);
}

/** A modal dialog; answers null when it is left. */
export function dialog<T>(title: string, build: (done: (value: T | null) => void) => Child[]): Promise<T | null> {
  return new Promise((resolve) => {
    const box = h<HTMLDialogElement>('dialog', { 'aria-label': title });
    const done = (value: T | null): void => { box.close(); box.remove(); resolve(value); };
    append(box, [h('h2', {}, title), ...build(done)]);
    box.addEventListener('cancel', (e) => { e.preventDefault(); done(null); });
    document.body.append(box);
    box.showModal();
  });
}

/** Asks why; every change of the map and the ledgers says so. */
export function askReason(title: string, note = ''): Promise<string | null> {
  return dialog<string>(title, (done) => {
    const why = h<HTMLTextAreaElement>('textarea', { rows: 3, required: true, maxlength: 400 });
    return [h('form', { method: 'dialog', onsubmit: (e: Event) => { e.preventDefault(); done(why.value.trim()); } },
      note ? h('p.soft', {}, note) : null,
      field(tr('事由', 'Reason'), why),
      h('div.row.end', {}, button(tr('取消', 'Cancel'), () => done(null)), h('button.main', { type: 'submit' }, tr('确定', 'Confirm'))))];
  });
}

export function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const a = h<HTMLAnchorElement>('a', { href: url, download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
