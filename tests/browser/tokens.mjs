// A service that asks for tokens: what each role sees and may do.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import test from 'node:test';

import {facts, inspect, open, picture, until} from './harness.mjs';

const {page: at, read, submit, other, neither, revoked, revoke} = facts.tokens;
const title = (page, name) => page.getByRole('heading', {level: 1, name, exact: true});

async function signIn(page, token) {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', {name: 'Sign in'}).click();
}

test('without a token nothing is told, and a wrong one is refused', async () => {
  const page = await open('/?view=live', {at});
  await title(page, 'Sign in').waitFor();
  await page.getByText('This service asks for a token.').waitFor();
  assert.equal(await page.getByRole('article').count(), 0);
  await picture(page, 'sign-in-1280');
  await inspect(page, 'sign-in');
  await signIn(page, 'assay_nobody_has_this');
  await page.getByRole('alert').getByText('the token is not valid').waitFor();
  await signIn(page, neither);
  await page.getByRole('alert').getByText('asks for the role "read"').waitFor();
  await page.finish();
});

test('who may read sees everything and controls nothing', async () => {
  const page = await open('/?view=live', {at});
  await title(page, 'Sign in').waitFor();
  const asked = [];
  page.on('request', (request) => asked.push(request));
  await signIn(page, read);
  await page.getByRole('article', {name: `Job ${facts.guarded_job}`, exact: true}).waitFor();
  await page.getByText('reader (read)').waitFor();
  assert.equal(await page.getByRole('button', {name: /Pause|Resume|Cancel/}).count(), 0);
  await picture(page, 'signed-in-1280');
  await inspect(page, 'signed-in');
  await page.getByRole('link', {name: 'Rate'}).click();
  await page.getByRole('region', {name: 'Campaigns'}).or(page.getByText('There is no campaign yet.')).waitFor();
  assert.equal(await page.getByText('New campaign').count(), 0);
  // The service says the same, whatever a page shows.
  const answer = await fetch(`${at}/api/v1/jobs/${facts.guarded_job}/resume`,
      {method: 'POST', headers: {'Authorization': `Bearer ${read}`, 'Content-Type': 'application/json'}, body: '{}'});
  assert.equal(answer.status, 403);
  // The token is in headers of this service only, and kept for the tab alone.
  const api = asked.filter((request) => request.url().includes('/api/'));
  const headers = await Promise.all(api.map((request) => request.allHeaders()));
  assert.ok(headers.length > 1 && headers.every(({authorization}) => authorization === `Bearer ${read}`));
  assert.ok(asked.every((request) => !request.url().includes(read)) && !page.url().includes(read));
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage) + document.cookie), '{}');
  await page.reload();
  await page.getByText('reader (read)').waitFor();
  await page.getByRole('button', {name: 'Sign out'}).click();
  await title(page, 'Sign in').waitFor();
  assert.equal(await page.evaluate(() => JSON.stringify(sessionStorage)), '{}');
  await page.reload();
  await title(page, 'Sign in').waitFor();
  await page.finish();
});

test('jobs of others are left alone, with the reason', async () => {
  const page = await open(`/?view=live&job=${facts.guarded_job}`, {at});
  await signIn(page, other);
  const job = page.getByRole('article', {name: `Job ${facts.guarded_job}`, exact: true});
  await job.getByRole('button', {name: 'Resume'}).click();
  await job.getByRole('alert').getByText('Sign in with a token').waitFor();
  await picture(page, 'refused-1280');
  await page.finish();
});

test('who may submit resumes, pauses and cancels', async () => {
  const page = await open(`/?view=live&job=${facts.guarded_job}`, {at});
  await signIn(page, submit);
  const job = page.getByRole('article', {name: `Job ${facts.guarded_job}`, exact: true});
  await job.getByRole('button', {name: 'Resume'}).click();
  await job.getByRole('button', {name: 'Pause'}).click();
  await job.getByRole('button', {name: 'Resume'}).waitFor();
  await job.getByRole('button', {name: 'Cancel…'}).click();
  await job.getByRole('button', {name: `Cancel job ${facts.guarded_job}`}).click();
  await job.getByText('cancelled', {exact: true}).first().waitFor();
  await page.finish();
});

test('a token that is revoked ends what it opened', async () => {
  const page = await open('/?view=live', {at});
  await signIn(page, revoked);
  await page.getByRole('article').first().waitFor();
  execFileSync(revoke[0], revoke.slice(1));
  await page.getByRole('alert').getByText('The token is not valid any more').waitFor();
  await until(async () => await page.getByRole('article').count() === 0, 'nothing is shown any more');
  await signIn(page, read);
  await page.getByRole('article').first().waitFor();
  await page.finish();
});
