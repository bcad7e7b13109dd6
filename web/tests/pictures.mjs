// The pictures of the guide, of a running server with the demo's workspace.
// node pictures.mjs BASE zh|en FOLDER ACCOUNT PASSWORD
import { createRequire } from 'node:module';
const { chromium } = createRequire(new URL('../package.json', import.meta.url))('playwright-core');
const [base, lang, folder, account, password] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
const page = await (await browser.newContext({ viewport: { width: 1200, height: 750 }, locale: lang === 'zh' ? 'zh-CN' : 'en', reducedMotion: 'reduce' })).newPage();
page.setDefaultTimeout(60000);
const shot = (name) => page.screenshot({ path: `${folder}/portal-${name}.${lang}.jpg`, type: 'jpeg', quality: 72 });
const still = async () => { await page.waitForTimeout(800); await page.waitForSelector('.drawing', { state: 'hidden' }).catch(() => undefined); await page.waitForTimeout(700); };
const go = async (hash) => { await page.goto('about:blank'); await page.goto(`${base}/portal?lang=${lang}#/${hash}`); await page.waitForSelector('.body h1'); };
const items = async (layer, query) => (await (await page.context().request.get(`${base}/collections/${layer}/items?${query}`)).json()).features;

await go('account');
await page.fill('input[name=account]', account);
await page.fill('input[name=password]', password);
await page.click('form button.main');
await page.waitForSelector('#sign-out');

// the map: two moments side by side
await go('map?bbox=116.05,39.72,116.75,40.1&datetime=2021-12-31');
await page.click('#compare');
await page.waitForSelector('#swipe-year');
await page.selectOption('#swipe-year', { index: 0 });
await still();
await shot('map');

// a check: the example site, its use told
const [lot] = await items('land_use', "limit=1&bbox=116.772,40.156,116.778,40.161&filter=dlbm%20LIKE%20'01%25'");
await go(`check/land_use/${lot.id}`);
await page.waitForSelector('#wanting [data-fact=use]');
await page.selectOption('#wanting [data-fact=use]', 'logistics');
await page.waitForSelector('#verdict .result.fail');
await still();
await shot('check');

// editing: a parcel cut into three
await go(`edit/land_use/${lot.id}`);
await page.waitForSelector('#attributes');
await still();
await page.click('#tool-split');
await page.mouse.click(385, 300);
await page.mouse.click(1190, 310);
await page.mouse.click(1190, 430);
await page.mouse.dblclick(385, 440);
await still();
await shot('edit');
page.on('dialog', (d) => { void d.accept(); });

// what moved an indicator
await go('dashboard?year=2025');
await page.waitForSelector('.figure canvas');
await page.click(`button.name:has-text("${lang === 'zh' ? '耕地保有量' : 'Cropland retained'}")`);
await page.waitForTimeout(300);
await page.selectOption('.figure details .row select >> nth=0', '2021');
await page.waitForSelector('table.moves');
await page.waitForSelector('.figure canvas');
await still();
await shot('indicators');

// where a result is from
await go('models/soil-loss');
await page.waitForSelector('#lineage svg');
await still();
await shot('lineage');
await browser.close();
