import assert from 'node:assert/strict';
import test from 'node:test';

import {base, column, facts, inspect, open, picture, until} from './harness.mjs';

const name = `letters-${process.pid}`;
let links = [];

test('a campaign is begun, and each rater gets a link', async () => {
  const page = await open('/?view=rate');
  await page.getByText('New campaign').click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Raters, with spaces between').fill('anna ben');
  await page.getByLabel('Answers of each run at most').fill('3');
  await page.getByLabel(new RegExp(`run ${facts.writing_run}$`)).check();
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
