import assert from 'node:assert/strict';
import test from 'node:test';

import {base, column, facts, inspect, open, picture, until} from './harness.mjs';

const name = `letters-${process.pid}`;
const pairs = `pairs-${process.pid}`;
let links = [];

test('a campaign is begun, and each rater gets a link', async () => {
  const page = await open('/?view=rate');
  await page.getByText('New campaign').click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Raters, with spaces between').fill('anna ben');
  await page.getByLabel('Answers of each run at most').fill('3');
  await page.getByLabel(new RegExp(`run ${facts.writing_runs[0]}$`)).check();
  await page.getByRole('button', {name: 'Begin'}).click();
  await page.getByText('has begun').waitFor();
  links = await page.locator('.notice code').allInnerTexts();
  assert.equal(links.length, 2);
  await until(async () => (await column(page, 'Campaigns', 'Campaign'))[0] === name, 'the campaign is listed');
  await picture(page, 'campaigns-1280');
  await inspect(page, 'campaigns');
  await page.finish();
});

/** Rates all that is open by keys alone; returns how many tasks that were. */
async function rateAll(page, first) {
  let tasks = 0;
  while (!await page.getByText('All is rated').isVisible()) {
    await page.getByRole('button', {name: 'Next'}).waitFor();
    const done = await page.locator('.title .hint').innerText();
    await page.keyboard.press(String(first));
    await page.keyboard.press(String((tasks % 5) + 1));
    await page.keyboard.press('Enter');
    await until(async () => await page.locator('.title .hint').innerText() !== done, 'the next task');
    tasks++;
  }
  return tasks;
}

test('a rater works by keys, sees no model, goes back, and goes on where they were', async () => {
  const page = await open(links[0].slice(base.length));
  await page.getByRole('button', {name: 'Next'}).waitFor();
  const text = await page.locator('main').innerText();
  for (const model of facts.models) assert.ok(!text.includes(model), `${model} is told`);
  assert.ok(await page.getByRole('button', {name: 'Next'}).isDisabled());
  await page.keyboard.press('4');
  await page.keyboard.press('2');
  await picture(page, 'rater-1280');
  await inspect(page, 'rater');
  await page.keyboard.press('Enter');
  await page.getByText('1 of 3 done').waitFor();
  await page.keyboard.press('u');
  await page.getByText('0 of 3 done').waitFor();
  assert.deepEqual(await page.locator('.scale .chosen b').allInnerTexts(), ['4', '2']);
  await page.keyboard.press('Enter');
  await page.getByText('1 of 3 done').waitFor();
  await page.reload();
  await page.getByText('1 of 3 done').waitFor();
  assert.equal(await rateAll(page, 4), 2);
  await page.finish();
});

test('a rater works by mouse, and agreement is shown', async () => {
  const page = await open(links[1].slice(base.length), {width: 360, height: 740});
  for (let task = 0; task < 3; task++) {
    await page.getByText(`${task} of 3 done`).waitFor();
    for (const criterion of ['relevance', 'coherence']) {
      await page.getByRole('group', {name: new RegExp(`^${criterion}`)}).getByText('proficient').click();
    }
    await page.getByRole('button', {name: 'Next'}).click();
  }
  await page.getByText('All is rated').waitFor();
  await page.finish();
  const overview = await open('/?view=rate');
  await overview.getByRole('link', {name, exact: true}).click();
  await overview.getByText('Krippendorff').first().waitFor();
  assert.deepEqual(await column(overview, 'Raters', 'Done'), ['3 of 3', '3 of 3']);
  await picture(overview, 'agreement-1280');
  await inspect(overview, 'agreement');
  await overview.getByRole('button', {name: 'Close the campaign'}).click();
  await until(async () => (await column(overview, 'Campaigns', 'State'))[0] === 'closed', 'the campaign is closed');
  await overview.finish();
});

test('a link that is not valid is told so', async () => {
  const page = await open('/#/rate/nobody');
  await page.getByRole('alert').getByText('This link is not valid.').waitFor();
  await page.finish();
});

/** Begins a campaign by the form; returns the raters' links, as what follows the page's address. */
async function begin(page, {name, raters, runs, pair = false, away = ''}) {
  await page.getByText('New campaign').click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Raters, with spaces between').fill(raters);
  await page.getByLabel('Minutes until a rater is away').fill(away);
  if (pair) await page.getByLabel('Two answers at a time').check();
  for (const run of runs) await page.getByLabel(new RegExp(`run ${run}$`)).check();
  await page.getByRole('button', {name: 'Begin'}).click();
  await page.getByText('has begun').waitFor();
  return (await page.locator('.notice code').allInnerTexts()).map((link) => link.slice(base.length));
}

const chosen = (page, side) => page.getByRole('region', {name: `Answer ${side}`}).locator('.scale .chosen b').allInnerTexts();

test('a pair is rated by keys alone, the left by digits, the right by the row below or with shift', async () => {
  const campaigns = await open('/?view=rate');
  const [first, second] = await begin(campaigns, {name: pairs, raters: 'anna ben', runs: facts.writing_runs, pair: true});
  await campaigns.finish();
  let page = await open(first);
  await page.getByRole('button', {name: 'Next'}).waitFor();
  const text = await page.locator('main').innerText();
  for (const model of facts.writers) assert.ok(!text.includes(model), `${model} is told`);
  const total = Number(/of (\d+) done/.exec(text)[1]);
  assert.ok(total > 1);
  for (const key of ['4', '2', 'w', 'Shift+Digit5']) await page.keyboard.press(key);
  assert.deepEqual(await chosen(page, 'A'), ['4', '2']);
  assert.deepEqual(await chosen(page, 'B'), ['2', '5']);
  await picture(page, 'rater-pair-1280');
  await inspect(page, 'rater-pair');
  await page.keyboard.press('Enter');
  await page.getByText(`1 of ${total} done`).waitFor();
  assert.deepEqual(await chosen(page, 'A'), []);
  await page.keyboard.press('u');
  await page.getByText(`0 of ${total} done`).waitFor();
  assert.deepEqual(await chosen(page, 'B'), ['2', '5']);
  await page.keyboard.press('t');
  await page.keyboard.press('Enter');
  await page.getByText(`1 of ${total} done`).waitFor();
  await page.keyboard.press('3');
  await page.finish();

  // Another browser goes on where the first was closed.
  page = await open(first);
  await page.getByText(`1 of ${total} done`).waitFor();
  for (let task = 1; task < total; task++) {
    for (const key of ['3', '4', 'q', 'e', 'Enter']) await page.keyboard.press(key);
    await page.getByText(task + 1 < total ? `${task + 1} of ${total} done` : 'All is rated').waitFor();
  }
  await page.finish();

  const other = await open(second);
  for (let task = 0; task < total; task++) {
    await other.getByText(`${task} of ${total} done`).waitFor();
    for (const key of [String(1 + (task % 5)), '2', 'r', 'Shift+Digit1', 'Enter']) await other.keyboard.press(key);
  }
  await other.getByText('All is rated').waitFor();
  await other.finish();
});

test('people agree with each other and with the judge as the service says', async () => {
  const page = await open('/?view=rate');
  await page.getByRole('link', {name: pairs, exact: true}).click();
  const firsts = await column(page, 'Agreement in relevance', 'First');
  const seconds = await column(page, 'Agreement in relevance', 'Second');
  const judge = `${facts.judge} (judge-relevance)`;
  assert.deepEqual(firsts.map((one, index) => [one, seconds[index]]), [['anna', 'ben'], ['people', judge]]);
  const id = new URL(page.url()).searchParams.get('campaign');
  const {criteria} = await (await fetch(`${base}/api/v1/ratings/campaigns/${id}/agreement`)).json();
  const relevance = criteria.find(({criterion}) => criterion === 'relevance');
  const spearman = await column(page, 'Agreement in relevance', 'Spearman');
  assert.equal(Number(spearman[1].replace('−', '-')).toFixed(2), relevance.judges[0].spearman.toFixed(2));
  assert.deepEqual((await column(page, 'Models by relevance', 'Model')).sort(), [...facts.writers].sort());
  for (const mean of await column(page, 'Models by relevance', judge)) assert.ok(Number(mean) >= 1 && Number(mean) <= 5, mean);
  await picture(page, 'agreement-judge-1280');
  await inspect(page, 'agreement-judge');
  await page.finish();
});
