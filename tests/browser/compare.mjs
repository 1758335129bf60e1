import assert from 'node:assert/strict';
import test from 'node:test';

import {base, column, facts, inspect, open, picture} from './harness.mjs';

test('two runs are chosen and compared, by group as well', async () => {
  const page = await open('/?view=compare');
  await page.getByLabel('First run').selectOption(facts.run);
  await page.getByLabel('Add a run').selectOption(facts.other_run);
  const [difference] = await column(page, 'Differences', 'Difference');
  const expected = await (await fetch(`${base}/api/v1/comparison?run_ids=${facts.run}&run_ids=${facts.other_run}&groups=true`)).json();
  assert.equal(Number(difference.replace('−', '-').replace('+', '')).toFixed(1), (expected.pairs[0].difference.value * 100).toFixed(1));
  const groups = await column(page, 'Groups', 'Group');
  assert.deepEqual(groups, expected.groups.map(({group}) => group).filter((group) => !group.includes(':')).map((group) => group.replaceAll('_', ' ')));
  await picture(page, 'compare-1280');
  await inspect(page, 'compare');
  await page.getByText('category', {exact: true}).click();
  assert.ok((await column(page, 'Groups', 'Group')).includes('STEM'));
  await page.getByRole('region', {name: 'Differences'}).getByRole('link').first().click();
  await page.getByRole('heading', {level: 1, name: 'Samples'}).waitFor();
  await page.finish();
});

test('runs that do not fit together are refused with the reason', async () => {
  const page = await open(`/?view=compare&runs=${facts.run},${facts.many_run}`);
  await page.getByRole('alert').waitFor();
  await page.finish();
});
