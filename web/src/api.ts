/** What the pages ask of the server they came from. No other host is ever asked. */
import { language } from './words';

/** What a rule says against a change of the map. */
export interface RuleFinding { rule: string; clauses: string[]; said: string; comply: string | null; x?: number; y?: number }

/** A refusal: the server's problem document (RFC 9457). */
export class Problem extends Error {
  constructor(readonly status: number, readonly id: string, detail: string,
    readonly clauses: string[], readonly place: Record<string, unknown> | null, readonly etag: string | null, readonly findings: RuleFinding[] = []) {
    super(detail);
  }
}

export interface Grant { role: string; unit: string; ledger: string; action: string }
export interface Session { account: string | null; mustChange?: boolean; csrf?: string; grants?: Grant[] }

let session: Session = { account: null };
let onChange: () => void = () => undefined;
export const who = (): Session => session;
export const whenSessionChanges = (fn: () => void): void => { onChange = fn; };
function setSession(next: Session): void {
  const other = next.account !== session.account || next.mustChange !== session.mustChange;
  session = next;
  if (other) onChange();
}

/** What the grants say; the server decides. */
export function may(action: string, ledger: string, unit = ''): boolean {
  return (session.grants ?? []).some((g) => (g.ledger === '*' || g.ledger === ledger) &&
    (g.action === '*' || g.action === action) && (g.unit === '*' || unit === '' || g.unit === unit));
}
export const roles = (): string[] => [...new Set((session.grants ?? []).map((g) => g.role))];

export interface Ask { method?: string; body?: unknown; raw?: BodyInit; headers?: Record<string, string>; accept?: string; signal?: AbortSignal }

export async function send(path: string, ask: Ask = {}): Promise<Response> {
  const method = ask.method ?? (ask.body !== undefined || ask.raw !== undefined ? 'POST' : 'GET');
  const headers: Record<string, string> = { Accept: ask.accept ?? 'application/json', 'Accept-Language': language(), ...ask.headers };
  if (ask.body !== undefined && !headers['Content-Type']) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && session.csrf) headers['X-CSRF-Token'] = session.csrf;
  const glue = path.includes('?') ? '&' : '?';
  const reply = await fetch(`${path}${glue}lang=${language()}`, {
    method, headers, body: ask.raw ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body)), signal: ask.signal,
  });
  if (reply.ok) return reply;
  let said: Record<string, unknown> = {};
  try { said = await reply.json(); } catch { /* a proxy's own page */ }
  if (reply.status === 401 && path !== '/session') setSession({ account: null });
  const detail = String(said.detail ?? said.title ?? `${reply.status} ${reply.statusText}`);
  throw new Problem(reply.status, String(said.id ?? ''), detail, (said.clauses as string[]) ?? [],
    (said.place as Record<string, unknown>) ?? null, reply.headers.get('ETag'), (said.findings as RuleFinding[]) ?? []);
}

export async function get<T>(path: string, ask: Ask = {}): Promise<T> {
  return (await send(path, ask)).json() as Promise<T>;
}

// ---- session ------------------------------------------------------------------------------------
export async function readSession(): Promise<void> { setSession(await get<Session>('/session')); }
export async function signIn(account: string, password: string): Promise<void> {
  setSession(await get<Session>('/session', { body: { account, password } }));
}
export async function signOut(): Promise<void> { setSession(await get<Session>('/session', { method: 'DELETE' })); }
export async function choosePassword(password: string): Promise<void> {
  setSession(await get<Session>('/session/password', { method: 'PUT', body: { password } }));
}

// ---- what hardly changes: kept for each language ------------------------------------------------
const memory = new Map<string, Promise<unknown>>();
export function once<T>(path: string): Promise<T> {
  const key = `${language()} ${session.account ?? ''} ${path}`;
  let found = memory.get(key);
  if (!found) {
    found = get<T>(path);
    memory.set(key, found);
    found.catch(() => memory.delete(key));
  }
  return found as Promise<T>;
}
export const forget = (): void => memory.clear();

export interface Class { code: string; title: string; color: string }
export interface Collection {
  id: string; title: string; theme: string | null; geometryType: string; featureCount: number; areaM2?: number; revision?: number;
  origin: string; source: string | null; color: string | null; classField?: string; classes?: Class[]; crs?: string[]; idField?: string | null; areaField?: string | null;
  clauses: string[]; extent?: { spatial: { bbox: number[][] }; temporal?: { interval: (string | null)[][] } };
}
export const collections = async (): Promise<Collection[]> => (await once<{ collections: Collection[] }>('/collections')).collections;

export interface FactField { name: string; title: string; unit: string | null; type: string; codes: [string, string][] }
export interface Kind { id: string; title: string; facts: FactField[] }
export const kinds = async (): Promise<Kind[]> => (await once<{ kinds: Kind[] }>('/processes/check')).kinds;

export interface Schema { type?: string; title?: string; oneOf?: { const: string; title?: string }[]; enum?: string[] }
export const queryables = async (id: string): Promise<Record<string, Schema>> =>
  (await once<{ properties: Record<string, Schema> }>(`/collections/${encodeURIComponent(id)}/queryables`)).properties;

export interface Feature { type: 'Feature'; id: string; geometry: GeoJSON; properties: Record<string, unknown> }
export interface GeoJSON { type: string; coordinates: unknown }
/** Units of the area tables, by name. */
export const districts = async (): Promise<Feature[]> =>
  (await once<{ features: Feature[] }>('/collections/districts/items?limit=1000')).features;
export const unitNames = async (): Promise<string[]> => {
  try { return (await districts()).map((f) => String(f.properties.name ?? f.id)); } catch { return []; }
};
