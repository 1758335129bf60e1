import assert from 'node:assert/strict';
import test from 'node:test';

import {facts, inspect, open, picture} from './harness.mjs';

test('a job is seen, paused, resumed and cancelled', async () => {
  const page = await open(`/?view=live&job=${facts.open_job}`);
  const job = page.getByRole('article', {name: `Job ${facts.open_job}`, exact: true});
  await job.getByText('paused', {exact: true}).waitFor();
  await page.getByRole('region', {name: 'Workers'}).getByText('cpu').first().waitFor();
  await picture(page, 'live-1280');
  await inspect(page, 'live');
  await job.getByRole('button', {name: 'Resume'}).click();
  await job.getByRole('button', {name: 'Pause'}).click();
  await job.getByRole('button', {name: 'Resume'}).waitFor();
  await job.getByRole('button', {name: 'Cancel…'}).click();
  await job.getByRole('button', {name: `Cancel job ${facts.open_job}`}).click();
  await job.getByText('cancelled', {exact: true}).first().waitFor();
  assert.equal(await job.getByRole('button', {name: 'Resume'}).count(), 0);
  await page.finish();
});

test('what went wrong is told', async () => {
  const page = await open(`/?view=live&job=${facts.failed_job}`);
  const job = page.getByRole('article', {name: `Job ${facts.failed_job}`, exact: true});
  await job.getByText(`${facts.failed} failed`).waitFor();
  await job.getByRole('region', {name: 'Runs'}).getByRole('link', {name: String(facts.failed), exact: true}).last().click();
  await page.getByRole('listbox', {name: 'Predictions'}).getByRole('option').first().click();
  await page.getByText(facts.failure).first().waitFor();
  await page.finish();
});
