// Runs against each other on the same items: paired differences with intervals and tests, over all and by subject and category.
import {get} from '../../api/client';
import type {Comparison, RunProgress} from '../../api/types';
import {benchmarkTitle, integer, runTitle, settingsText} from '../../format';
import {useLoad} from '../../ui/load';
import {Check, Empty, ErrorNotice, Loading} from '../../ui/parts';
import {RunSelect, sameQuestions, useRuns} from '../../ui/run_picker';
import {useQuery, type Query} from '../../url';
import {Groups} from './groups';
import {Models, Pairs} from './pairs';

const kMostRuns = 60;

export function Compare() {
  const query = useQuery();
  const runs = useRuns();
  const chosen = query.get('runs').split(',').filter((id) => /^\d+$/.test(id));
  const common = query.get('common') === 'yes';
  const comparison = useLoad(chosen.length > 1 ? `${chosen.join()}/${common}` : '', (signal) =>
    get<Comparison>('comparison', {run_ids: chosen, only_common: common, groups: true}, {signal}));
  return (
    <>
      <div class="title">
        <h1>Compare</h1>
        <p class="hint">Runs of one benchmark and protocol, on the same items.</p>
      </div>
      {runs.error && <ErrorNotice error={runs.error} onRetry={runs.reload} />}
      {!runs.value && !runs.error && <Loading what="the runs" />}
      {runs.value && <Chooser query={query} runs={runs.value} chosen={chosen} common={common} />}
      {chosen.length < 2 && runs.value && (
        <Empty>
          {runs.value.length > 1 ? <p>Choose two runs or more. Two models, or one model with other examples or precision.</p> :
            <p>There are not two runs yet. Start some: <code>assay eval --model ONE,OTHER --benchmark mmlu</code></p>}
        </Empty>
      )}
      {comparison.error && <ErrorNotice error={comparison.error} onRetry={comparison.reload} />}
      {chosen.length > 1 && !comparison.value && !comparison.error && <Loading what="the comparison; items are being resampled" />}
      {comparison.value && !comparison.error && <Result comparison={comparison.value} query={query} stale={comparison.loading} />}
    </>
  );
}

function Chooser({query, runs, chosen, common}: {query: Query; runs: readonly RunProgress[]; chosen: string[]; common: boolean}) {
  const first = runs.find((run) => run.spec.run_id === chosen[0]);
  const free = runs.filter((run) => !chosen.includes(run.spec.run_id) && numberOfItems(run) > 0 && (!first || sameQuestions(first, run)));
  const set = (ids: string[]) => query.set({runs: ids.join(',')});
  return (
    <>
      {chosen.length > 0 && (
        <ul class="chips" aria-label="Chosen runs">
          {chosen.map((id) => {
            const run = runs.find((one) => one.spec.run_id === id);
            const name = run ? runTitle(run.spec) : `run ${id}`;
            return (
              <li key={id}>
                <span>{name}{run && <small class="faint">{settingsText(run.spec)}</small>}</span>
                <button type="button" aria-label={`Remove ${name}`} onClick={() => set(chosen.filter((other) => other !== id))}>×</button>
              </li>
            );
          })}
        </ul>
      )}
      <div class="controls runs">
        {chosen.length < kMostRuns && (
          <RunSelect label={chosen.length === 0 ? 'First run' : 'Add a run'} value="" runs={free} none="choose a run"
            onChange={(id) => id && set([...chosen, id])} />
        )}
        <Check label="Only items that all have" checked={common} onChange={(on) => query.set({common: on ? 'yes' : null})} />
        {chosen.length === 2 && <button type="button" onClick={() => set([...chosen].reverse())}>Swap</button>}
        {chosen.length > 0 && <button type="button" onClick={() => set([])}>Clear</button>}
      </div>
    </>
  );
}

function numberOfItems(run: RunProgress): number {
  return Number(run.items_done);
}

function Result({comparison, query, stale}: {comparison: Comparison; query: Query; stale: boolean}) {
  return (
    <div class={stale ? 'stale' : ''}>
      <p>
        {benchmarkTitle(comparison.benchmark)} by <code>{comparison.protocol}</code> {comparison.protocol_version},{' '}
        {comparison.metric.replaceAll('_', ' ')} over {integer(comparison.items)} items
        {comparison.macro_average && ', as the mean of the groups’ means'}.
      </p>
      <Models comparison={comparison} />
      <Pairs comparison={comparison} />
      <Groups comparison={comparison} query={query} />
      <p class="hint">
        Intervals of {Math.round(comparison.confidence * 100)}%; {integer(comparison.resamples)} resamples of the items with seed{' '}
        {comparison.seed}. Holm: corrected for all pairs, or all groups of a kind.
      </p>
    </div>
  );
}
