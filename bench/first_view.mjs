// The first view of the portal: how long until it can be used, and until all of the map is drawn.
// node bench/first_view.mjs BASE [TIMES] [KBIT_S DELAY_MS]; each time with nothing in the browser's cache.
import { createRequire } from 'node:module';
const { chromium } = createRequire(new URL('../web/package.json', import.meta.url))('playwright-core');
const [base, times = '7', rate, delay] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
const all = [];
for (let i = 0; i < Number(times); i++) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' });
  const page = await context.newPage();
  if (rate) {
    const line = await context.newCDPSession(page);
    await line.send('Network.emulateNetworkConditions', { offline: false, latency: Number(delay ?? 0), downloadThroughput: Number(rate) * 125, uploadThroughput: Number(rate) * 125 });
  }
  let bytes = 0, asked = 0;
  page.on('requestfinished', async (r) => { asked += 1; bytes += (await r.sizes().catch(() => null))?.responseBodySize ?? 0; });
  await page.goto(`${base}/portal`);
  await page.waitForSelector('.layer', { timeout: 60000 });
  let marks = {};
  for (const end = Date.now() + 60000; Date.now() < end && !marks['guotu:drawn'];) {
    await page.waitForTimeout(50);
    marks = await page.evaluate(() => Object.fromEntries(performance.getEntriesByType('mark').map((m) => [m.name, m.startTime])));
  }
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0);
  all.push({ paint, usable: marks['guotu:usable'], drawn: marks['guotu:drawn'], asked, kB: bytes / 1e3 });
  await context.close();
}
await browser.close();
const told = (name) => { const v = all.map((a) => a[name]).sort((a, b) => a - b); return `${name.padEnd(7)} first ${all[0][name].toFixed(0).padStart(6)}   median ${v[v.length >> 1].toFixed(0).padStart(6)}   worst ${v[v.length - 1].toFixed(0).padStart(6)}`; };
console.log(`${all.length} cold views${rate ? ` over ${rate} kbit/s, ${delay ?? 0} ms` : ''}: ms since the address was entered`);
for (const name of ['paint', 'usable', 'drawn', 'asked', 'kB']) console.log(`  ${told(name)}`);
