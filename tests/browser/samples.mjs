import assert from 'node:assert/strict';
import test from 'node:test';

import {base, facts, inspect, open, picture, until} from './harness.mjs';

// A text is looked for in every prediction.
const kSearchSeconds = 15 + facts.many / 25_000;
const list = (page) => page.getByRole('listbox', {name: /^(Predictions|Items)$/});
const rows = (page) => list(page).getByRole('option');

/** The ordinals that are seen in the list's box, from the keys of its rows. */
async function seen(page) {
  return list(page).evaluate((box) => {
    const {top, bottom} = box.getBoundingClientRect();
    return [...box.querySelectorAll('[role=option]')].filter((row) => {
      const place = row.getBoundingClientRect();
      return place.bottom > top && place.top < bottom;
    }).map((row) => Number(row.id.split('-').at(-1).split('.')[0])).sort((a, b) => a - b);
  });
}

async function scrollTo(page, share) {
  await list(page).evaluate((box, part) => void (box.scrollTop = part * (box.scrollHeight - box.clientHeight)), share);
}

test('an item is shown with all that was asked and answered', async () => {
  const page = await open(`/?view=samples&run=${facts.run}`);
  await rows(page).first().click();
  const detail = page.getByRole('region', {name: 'Item'});
  await detail.getByText('Prompt as it was given').waitFor();
  const key = new URL(page.url()).searchParams.get('item').split('.');
  const sample = await (await fetch(`${base}/api/v1/runs/${facts.run}/samples/${key[0]}`)).json();
  const text = await detail.innerText();
  assert.ok(text.includes(sample.prediction.prediction.prompt.trimEnd().split('\n').at(-2)));
  assert.ok(text.includes(sample.prediction.prediction.prompt_sha256));
  await detail.getByText('examples in the prompt').click();
  assert.equal(await detail.locator('details[open] .fields').count(), sample.shots.length);
  await picture(page, 'samples-1280');
  await inspect(page, 'samples');
  await page.finish();
});

test('the log-likelihoods of the choices are shown', async () => {
  const page = await open(`/?view=samples&run=${facts.choice_run}`);
  await rows(page).first().click();
  const table = page.getByRole('table', {name: 'Log-likelihoods'});
  await table.waitFor();
  assert.deepEqual(await table.locator('tbody th').evaluateAll((cells) => cells.map((cell) => cell.innerText.split(' ')[0])), ['A', 'B', 'C', 'D']);
  assert.match(await table.innerText(), /−\d+\.\d{4}/);
  await page.finish();
});

test('what a model wrote is text and nothing else', async () => {
  const page = await open(`/?view=samples&run=${facts.many_run}&item=1.0`);
  await page.getByRole('region', {name: 'Item'}).getByText(facts.hostile_output).first().waitFor();
  assert.equal(await page.locator('main img, main script, main iframe').count(), 0);
  await page.finish();
});

test('predictions are filtered by verdict, truncation and text', async () => {
  const page = await open(`/?view=samples&run=${facts.many_run}`);
  const only = async (what, fits) => until(async () => {
    const ordinals = await seen(page);
    return ordinals.length > 3 && ordinals.every(fits);
  }, `only those that are ${what}`);
  await page.getByLabel('Verdict').selectOption('unparsed');
  await only('unparsed', (ordinal) => ordinal % 5 === 3);
  await page.getByLabel('Verdict').selectOption('wrong');
  await only('wrong', (ordinal) => ordinal % 5 === 1 || ordinal % 5 === 2);
  await page.getByLabel('Verdict').selectOption('right');
  await only('right', (ordinal) => ordinal % 5 === 0);
  await page.getByLabel('Truncated').check();
  await only('right and truncated', (ordinal) => ordinal % 45 === 0);
  await page.getByLabel('Truncated').uncheck();
  await page.getByLabel('Verdict').selectOption('');
  await page.getByLabel('Text').fill(facts.rare_text);
  await until(async () => (await seen(page)).join() === String(facts.rare_ordinal), 'the one with the text', kSearchSeconds);
  await page.getByLabel('Text').fill('nobody wrote this');
  await page.getByText('No prediction passes the filters.').waitFor({timeout: kSearchSeconds * 1000});
  await page.finish();
});

test('a great many predictions scroll, and few of them are in the page', async () => {
  const page = await open(`/?view=samples&run=${facts.many_run}`);
  await rows(page).first().waitFor();
  const most = facts.many_items - 1;
  for (const share of [0.5, 1, 0.25, 0]) {
    await scrollTo(page, share);
    await until(async () => {
      const ordinals = await seen(page);
      return ordinals.length > 5 && Math.abs(ordinals[0] / most - share) < 0.02;
    }, `the rows at ${share} of the list`);
    assert.ok(await rows(page).count() < 60);
  }
  await scrollTo(page, 0.4);
  await until(async () => Math.abs((await seen(page))[0] / most - 0.4) < 0.02, 'the rows at 0.4');
  const frames = await list(page).evaluate(async (box) => {
    const times = [];
    let last = performance.now();
    for (let i = 0; i < 90; i++) {
      box.scrollTop += 300;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return times.sort((a, b) => a - b);
  });
  const ordinals = await seen(page);
  assert.ok(ordinals.every((ordinal, index) => index === 0 || ordinal - ordinals[index - 1] <= 1), ordinals.join());
  assert.ok(ordinals.length > 5, 'rows are seen after the scroll');
  console.log(`${facts.many} predictions: a frame of scrolling took ${frames[45].toFixed(0)} ms (median), ${frames[85].toFixed(0)} ms (95%)`);
  assert.ok(frames[45] < 250, `the median frame took ${frames[45]} ms`);
  await page.finish();
});

test('the list is worked by keys, and the item is in the link', async () => {
  const page = await open(`/?view=samples&run=${facts.many_run}`);
  await rows(page).first().waitFor();
  await list(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const item = new URL(page.url()).searchParams.get('item');
  await list(page).getByRole('option', {selected: true}).waitFor();
  await page.keyboard.press('End');
  await until(async () => (await seen(page)).at(-1) === facts.many_items - 1, 'the last row');
  await page.reload();
  await list(page).getByRole('option', {selected: true}).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('item'), item);
  await page.finish();
});

test('two runs stand side by side, with the items on which they differ', async () => {
  const page = await open(`/?view=samples&run=${facts.run}&with=${facts.other_run}&differ=ANSWER`);
  await rows(page).first().click();
  const detail = page.getByRole('region', {name: 'Item'});
  await detail.getByRole('heading', {name: 'Output'}).nth(1).waitFor();
  for (const model of facts.models) await detail.getByRole('heading', {name: new RegExp(`^${model} ·`)}).waitFor();
  await picture(page, 'pair-1280');
  await inspect(page, 'pair');
  await page.getByRole('combobox', {name: 'Items'}).selectOption('ALL');
  await until(async () => await rows(page).count() > 10, 'all items');
  await page.finish();
});
