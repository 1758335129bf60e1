// What all views have in common.
import assert from 'node:assert/strict';
import test from 'node:test';

import {base, open, until} from './harness.mjs';

const kMostScriptBytes = 300_000;

test('the files are small, kept by the browser, and under a strict policy', async () => {
  const index = await fetch(base);
  assert.equal(index.status, 200);
  assert.match(index.headers.get('content-security-policy'), /default-src 'none'; script-src 'self'/);
  const html = await index.text();
  const scripts = [...html.matchAll(/<script[^>]* src="([^"]+)"/g)].map((match) => match[1]);
  assert.ok(scripts.length > 0);
  let bytes = 0;
  for (const script of scripts) {
    const answer = await fetch(new URL(script, base));
    assert.match(answer.headers.get('cache-control'), /immutable/);
    bytes += (await answer.arrayBuffer()).byteLength;
  }
  assert.ok(bytes < kMostScriptBytes, `the scripts have ${bytes} bytes`);
});

test('the theme is chosen and kept', async () => {
  const page = await open('/');
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await page.getByLabel('Theme').selectOption('dark');
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await background(), dark);
  await page.finish();
});

test('back and forward go through the views', async () => {
  const page = await open('/');
  const title = (name) => page.getByRole('heading', {level: 1, name}).waitFor();
  await title('Leaderboard');
  await page.getByRole('link', {name: 'Live'}).click();
  await title('Live');
  await page.getByRole('link', {name: 'Compare'}).click();
  await title('Compare');
  await page.goBack();
  await title('Live');
  await page.goForward();
  await title('Compare');
  await page.finish();
});

test('a service that does not answer is told, with what to do', async () => {
  const page = await open('/?view=live');
  await page.getByRole('article').first().waitFor();
  await page.route('**/api/v1/jobs*', (route) => route.abort());
  await page.getByRole('alert').getByText('The service does not answer.').waitFor();
  // What was read before stays.
  assert.ok(await page.getByRole('article').count() > 0);
  await page.unroute('**/api/v1/jobs*');
  await until(async () => await page.getByRole('alert').count() === 0, 'the page follows again');
  await page.finish();
});
