/** For everybody: published layers, and a comment with a place and a photo that becomes a record with a reply. */
import Feature from 'ol/Feature';
import type Geometry from 'ol/geom/Geometry';
import { get, may, who } from '../api';
import { button, chip, empty, field, fill, h, load, problem, select, toast, type Child } from '../dom';
import { startDrawing, stopDrawing } from '../draw';
import { tree } from '../layers';
import { geojson, look, marks, picked } from '../map';
import type { Page } from '../page';
import { split } from '../split';
import { colon, moment, tr } from '../words';

interface Field { name: string; title: string; type: string; required: boolean; length: number; codes: [string, string][] }
interface Form { id: string; title: string; note: string; place: string | null; placeRequired: boolean; fields: Field[]; moves: { when: string | null }[] }
interface Voice { id: string; state: string; stateTitle?: string; unit: string; opened?: string; changed?: string; fields: Record<string, unknown>; place: object | null }
interface Kept { ledger: string; id: string; receipt: string; text: string; made: string }

const PHOTO_SIDE = 1280, PHOTO_MOST = 700e3; // px, bytes: a request holds 1 MiB
const shelf = 'guotu-voices';
const kept = (): Kept[] => { try { return JSON.parse(localStorage.getItem(shelf) ?? '[]') as Kept[]; } catch { return []; } };
const keep = (list: Kept[]): void => localStorage.setItem(shelf, JSON.stringify(list.slice(0, 50)));

/** A photo made small enough, as base64. Drawing it anew leaves out where and with what it was taken. */
async function shrink(file: File): Promise<string> {
  const image = await createImageBitmap(file).catch(() => { throw new Error(tr('照片无法读取，请用 JPEG 或 PNG', 'The photo cannot be read; use JPEG or PNG')); });
  for (let side = PHOTO_SIDE; side >= 320; side /= 2) {
    const scale = Math.min(1, side / Math.max(image.width, image.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    const data = canvas.toDataURL('image/jpeg', 0.8).split(',')[1];
    if (data.length < PHOTO_MOST) return data;
  }
  throw new Error(tr('照片过大', 'The photo is too large'));
}

/** What the office fills in: fields that a step waits for. */
const ours = (form: Form, f: Field): boolean => !f.required && form.moves.some((m) => m.when !== null && new RegExp(`\\b${f.name}\\b`).test(m.when));

function told(form: Form, v: Voice): Child {
  return form.fields.filter((f) => v.fields[f.name] !== undefined && v.fields[f.name] !== null && v.fields[f.name] !== '').map((f) => {
    const value = String(v.fields[f.name]);
    return h('p', { class: ours(form, f) ? 'reply' : '' }, h('span.soft', {}, `${f.title}${colon()}`), f.codes.find(([c]) => c === value)?.[1] || value);
  });
}

/** Told to whom may do something about it: how a ledger is opened to the public. */
async function opening(): Promise<HTMLElement | null> {
  if (!who().account || !may('grant', '*')) return null;
  const { ledgers } = await get<{ ledgers: { id: string; title: string }[] }>('/ledgers');
  const out = h('code.block', { id: 'how-to-open' });
  const tell = (id: string): void => { out.textContent = ['guotu -w DIR actor add public', ...['add', 'attach', 'read'].map((a) => `guotu -w DIR actor grant public --role resident --ledger ${id} --action ${a}`)].map((l) => `${l} --as ${who().account}`).join('\n'); };
  const first = ledgers.find((l) => /voice|said|public|comment/.test(l.id)) ?? ledgers[0];
  if (!first) return null;
  tell(first.id);
  return h('section.card', {}, h('h2', {}, tr('如何开放征集意见', 'How to open a ledger to the public')),
    h('p', {}, tr('选择接收意见的台账，在服务器上运行下列命令（DIR 为工作空间），刷新本页即生效。', 'Choose the ledger that takes the comments and run these on the server (DIR is the workspace); then reload this page.')),
    field(tr('台账', 'Ledger'), select(ledgers.map((l) => [l.id, l.title]), first.id, tell)), out,
    h('p.soft', {}, tr('add：提交意见；attach：附照片；read：看到自己的和已公开的答复。', 'add: to comment; attach: a photo; read: one\'s own replies and the published ones.')));
}

export const page: Page = async (root) => {
  const { ledgers } = await get<{ ledgers: { id: string; title: string }[] }>('/voices');
  const s = await split(root, tr('公众参与', 'Public'));
  const layers = h('details', {}, h('summary', {}, tr('已公布的图层', 'Published layers')), await tree());
  if (!ledgers.length) {
    fill(s.aside, h('h1', {}, tr('公众参与', 'Have your say')), empty(tr('目前没有开放征集意见的事项。', 'Nothing is open for comments at present.')), await opening(), layers);
    return s.leave;
  }
  let id = ledgers[0].id;
  let place: object | null = null;
  const body = h('div'), mine = h('section'), open = h('section');

  const spot = (g: object | null): void => {
    picked.clear();
    if (g) { picked.addFeature(new Feature(geojson.readGeometry(g) as Geometry)); look(picked.getExtent(), 15); }
  };

  function form(f: Form): HTMLElement {
    const fields = f.fields.filter((k) => !ours(f, k));
    const inputs = fields.map((k) => (k.codes.length ? select([['', tr('请选择', 'Choose')], ...k.codes.map(([c, t]) => [c, t || c] as [string, string])], '', () => undefined, { name: k.name, required: k.required })
      : k.length > 100 ? h<HTMLTextAreaElement>('textarea', { name: k.name, rows: 4, required: k.required, maxlength: k.length })
        : h<HTMLInputElement>('input', { type: k.type === 'date' ? 'date' : k.type === 'number' || k.type === 'integer' ? 'number' : 'text', name: k.name, required: k.required, maxlength: k.length || undefined })));
    const photo = h<HTMLInputElement>('input', { type: 'file', accept: 'image/jpeg,image/png', id: 'photo' });
    const said = h('div', { 'aria-live': 'polite' });
    const where = h('span.soft', { id: 'where' }, tr('尚未选定', 'None yet'));
    const pick = button(tr('在图上点选位置', 'Pick the place on the map'), () => {
      if (pick.getAttribute('aria-pressed') === 'true') { stopDrawing(); return; }
      pick.setAttribute('aria-pressed', 'true');
      startDrawing('Point', (p) => {
        place = JSON.parse(geojson.writeGeometry(p.getGeometry() as Geometry, { decimals: 7 })) as object;
        const [lon, lat] = (place as { coordinates: number[] }).coordinates;
        where.textContent = tr(`东经 ${lon.toFixed(5)}°，北纬 ${lat.toFixed(5)}°`, `${lat.toFixed(5)}° N, ${lon.toFixed(5)}° E`);
      }, () => pick.setAttribute('aria-pressed', 'false'));
    }, 'button', { id: 'pick-place', 'aria-pressed': 'false' });
    const send = h<HTMLButtonElement>('button.main', { type: 'submit' }, tr('提交', 'Send'));
    return h('form.card', {
      id: 'voice', onsubmit: async (e: Event) => {
        e.preventDefault();
        if (f.placeRequired && !place) { fill(said, problem(tr('请在图上点选位置', 'Pick the place on the map'))); return; }
        send.disabled = true;
        try {
          const picture = photo.files?.[0] ? await shrink(photo.files[0]) : undefined;
          const values = Object.fromEntries(inputs.filter((i) => i.value !== '').map((i) => [i.name, i.value]));
          const made = await get<{ id: string; receipt: string }>(`/voices/${encodeURIComponent(f.id)}`, { body: { fields: values, ...(place ? { place } : {}), ...(picture ? { photo: picture } : {}) } });
          const longest = inputs.map((i) => i.value).sort((a, b) => b.length - a.length)[0] ?? '';
          keep([{ ledger: f.id, id: made.id, receipt: made.receipt, text: longest.slice(0, 60), made: new Date().toISOString() }, ...kept()]);
          marks.clear();
          place = null;
          toast(tr('已收到，谢谢', 'Received, thank you'));
          await draw();
          body.prepend(h('p.told', { role: 'status' }, tr(`已登记为 ${made.id}。回执号（凭此查询答复）：`, `Registered as ${made.id}. Your receipt, to look up the reply: `), h('code', { id: 'receipt' }, made.receipt)));
        } catch (why) { fill(said, problem(why)); }
        send.disabled = false;
      },
    }, h('h2', {}, f.title), f.note ? h('p.soft', {}, f.note) : null, fields.map((k, i) => field(`${k.title}${k.required ? ' *' : ''}`, inputs[i])),
      f.place ? h('div.row', {}, pick, where) : null, field(tr('照片（可选）', 'Photo (optional)'), photo, tr('提交前会缩小，并去除拍摄信息。', 'Made smaller before it is sent; where it was taken is left out.')), said, h('div.row', {}, send));
  }

  async function look1(ledger: string, number: string, receipt: string, f: Form): Promise<Child> {
    const v = await get<Voice>(`/voices/${encodeURIComponent(ledger)}/records/${encodeURIComponent(number)}?receipt=${encodeURIComponent(receipt)}`);
    return h('article.voice', { 'data-voice': v.id }, h('p', {}, h('b', {}, v.id), ' ', chip(v.stateTitle ?? v.state, 'open'), v.place ? button(tr('在图上看', 'Show'), () => spot(v.place), 'button.link') : null), told(f, v));
  }

  async function draw(): Promise<void> {
    await load(body, async () => {
      const f = await get<Form>(`/voices/${encodeURIComponent(id)}`);
      const own = kept().filter((k) => k.ledger === id);
      const list = h('div');
      const number = h<HTMLInputElement>('input', { type: 'text', required: true, placeholder: tr('编号', 'Number'), 'aria-label': tr('编号', 'Number') });
      const receipt = h<HTMLInputElement>('input', { type: 'text', required: true, placeholder: tr('回执号', 'Receipt'), 'aria-label': tr('回执号', 'Receipt') });
      const found = h('div', { 'aria-live': 'polite' });
      fill(mine, h('h2', {}, tr('查询答复', 'Look up a reply')), h('form.row', { id: 'lookup', onsubmit: (e: Event) => { e.preventDefault(); void load(found, () => look1(id, number.value.trim(), receipt.value.trim(), f)); } }, number, receipt, h('button', { type: 'submit' }, tr('查询', 'Look up'))), found, list);
      for (const k of own) {
        const box = h('div');
        list.append(h('details', { ontoggle: (e: Event) => { if ((e.target as HTMLDetailsElement).open) void load(box, () => look1(k.ledger, k.id, k.receipt, f)); } }, h('summary', {}, `${k.id} ${k.text}`, h('small.soft', {}, ` ${moment(k.made)}`)), box));
      }
      void load(open, async () => {
        const { records } = await get<{ records: Voice[] }>(`/voices/${encodeURIComponent(id)}/records`).catch(() => ({ records: [] as Voice[] }));
        return [h('h2', {}, tr('已公开的意见与答复', 'Published comments and replies')), records.length ? records.map((v) => h('article.voice', {}, h('p', {}, h('b', {}, v.id), v.place ? button(tr('在图上看', 'Show'), () => spot(v.place), 'button.link') : null), told(f, v)))
          : h('p.soft', {}, tr('还没有公开的意见。', 'None has been published yet.'))];
      });
      return form(f);
    });
  }
  fill(s.aside, h('h1', {}, tr('公众参与', 'Have your say')), ledgers.length > 1 ? field(tr('事项', 'About'), select(ledgers.map((l) => [l.id, l.title]), id, (v) => { id = v; void draw(); })) : null, body, mine, open, layers);
  await draw();
  return () => { stopDrawing(); s.leave(); };
};
