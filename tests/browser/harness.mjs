// Debian's Chromium, driven by playwright-core, on a page of a real service.
//
// ASSAY_PAGE: the page's address. ASSAY_FACTS: a JSON file with what the service holds. ASSAY_SCREENSHOTS: where pictures go.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {after} from 'node:test';

const packages = createRequire(path.join(path.resolve(process.env.ASSAY_BROWSER_PACKAGES), 'package.json'));
const {chromium} = packages('playwright-core');
const axe = fs.readFileSync(packages.resolve('axe-core/axe.min.js'), 'utf8');

export const base = process.env.ASSAY_PAGE;
export const facts = JSON.parse(fs.readFileSync(process.env.ASSAY_FACTS, 'utf8'));
const screenshots = process.env.ASSAY_SCREENSHOTS;
fs.mkdirSync(screenshots, {recursive: true});

const kLooks = [[360, 'light', true], [360, 'dark', false], [2560, 'light', false], [2560, 'dark', true]];

const browser = await chromium.launch({
  executablePath: process.env.ASSAY_CHROMIUM ?? '/usr/bin/chromium',
  // Chromium's own sandbox does not run as root.
  args: process.getuid() === 0 ? ['--no-sandbox'] : [],
});
after(() => browser.close());

/** A page in a fresh profile. What goes wrong in it, and every request to another host, fails the test at `close`. */
export async function open(query, {width = 1280, height = 900, script = '', at = base} = {}) {
  const context = await browser.newContext({viewport: {width, height}, permissions: ['clipboard-read', 'clipboard-write']});
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // A refused request is told by the browser, too; tests that mean it to be say so.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) wrong.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(at) && !/^(data|blob|about):/.test(request.url())) wrong.push(`request to ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  if (script) await page.addInitScript(script);
  await page.goto(at + query);
  page.setDefaultTimeout(15_000);
  return Object.assign(page, {
    finish: async () => {
      await context.close();
      assert.deepEqual(wrong, []);
    },
  });
}

/**
 * Narrow and wide, light and dark: no sideways scroll, and a picture of each. Nothing serious by axe, which takes its time, in two of
 * the four that have both widths and both schemes.
 */
export async function inspect(page, name) {
  await page.evaluate(axe);
  for (const [width, colorScheme, thorough] of kLooks) {
    await page.setViewportSize({width, height: width < 500 ? 740 : 1300});
    await page.emulateMedia({colorScheme});
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${name} is ${over} px too wide for ${width} px`);
    await picture(page, `${name}-${width}-${colorScheme}`);
    if (!thorough) continue;
    const found = await page.evaluate(async () => (await globalThis.axe.run()).violations
        .filter(({impact}) => impact === 'serious' || impact === 'critical')
        .map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 200)}`));
    assert.deepEqual(found, [], `${name} at ${width} px, ${colorScheme}`);
  }
  await page.emulateMedia({colorScheme: 'light'});
  await page.setViewportSize({width: 1280, height: 900});
}

export async function picture(page, name) {
  await page.screenshot({path: path.join(screenshots, `${name}.png`)});
}

/** The texts of a table's column with this title, row by row; of cells with several lines the first. */
export async function column(page, region, title) {
  const table = page.getByRole('region', {name: region, exact: true}).getByRole('table');
  await table.waitFor();
  return table.evaluate((element, wanted) => {
    const titles = [...element.querySelectorAll('thead th')].map((cell) => cell.innerText.split('\n')[0].replace(/ [↑↓]$/, '').trim());
    const index = titles.indexOf(wanted);
    if (index < 0) throw new Error(`there is no column ${wanted}, only ${titles.join(', ')}`);
    return [...element.querySelectorAll('tbody tr')].map((row) => row.children[index].innerText.split('\n')[0].trim());
  }, title);
}

/** Calls `condition` until it is true. */
export async function until(condition, what, seconds = 15) {
  const end = Date.now() + seconds * 1000;
  while (!await condition()) {
    if (Date.now() > end) assert.fail(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
