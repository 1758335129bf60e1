// Every prediction of a run with its prompt; or two runs side by side, and the items on which they differ.
import {useMemo} from 'preact/hooks';

import {get} from '../../api/client';
import type {DifferenceRow, RunProgress, SampleRow} from '../../api/types';
import {settingsText} from '../../format';
import {useDelayed, useLoad} from '../../ui/load';
import {Check, Empty, ErrorNotice, Loading, Select, TextField} from '../../ui/parts';
import {RunSelect, sameQuestions, useRuns} from '../../ui/run_picker';
import {rowKey, VirtualList} from '../../ui/virtual_list';
import {linkTo, useQuery, type Query} from '../../url';
import {DifferenceLine, SampleLine} from './lines';
import {RunScore} from './run_score';
import {SampleDetail} from './sample_detail';
import {differencesOf, kVerdictChoices, samplesOf} from './source';

const kRowHeight = 58;
const kDifferences = [
  {value: '', label: 'one right, the other not'},
  {value: 'ONLY_FIRST', label: 'only the first right'},
  {value: 'ONLY_SECOND', label: 'only the second right'},
  {value: 'ANSWER', label: 'other answers'},
  {value: 'ALL', label: 'all items of both'},
];

export function Samples() {
  const query = useQuery();
  const runs = useRuns();
  const id = query.get('run');
  // A link may lead to a run that is older than those to choose from.
  const isListed = runs.value?.some((run) => run.spec.run_id === id) ?? true;
  const older = useLoad(isListed ? '' : `run/${id}`, async (signal) =>
    (await get<{runs: {run: RunProgress}[]}>(`runs/${id}/results`, {}, {signal})).runs[0]?.run);
  const all = runs.value ?? [];
  const run = all.find((one) => one.spec.run_id === id) ?? (id ? older.value : undefined);
  const error = runs.error ?? older.error;
  return (
    <>
      <div class="title"><h1>Samples</h1></div>
      {error && <ErrorNotice error={error} onRetry={runs.reload} />}
      {!runs.value && !error && <Loading what="the runs" />}
      {runs.value && runs.value.length === 0 && (
        <Empty><p>There are no runs yet. Start some: <code>assay eval --model NAME --benchmark mmlu,bbh</code></p></Empty>
      )}
      {all.length > 0 && (
        <div class="controls runs">
          <RunSelect label="Run" value={id} runs={all} none="choose a run"
            onChange={(value) => query.set({run: value, with: null, item: null, group: null})} />
          {run && (
            <RunSelect label="Beside it" value={query.get('with')} none="no other run"
              runs={all.filter((one) => one !== run && sameQuestions(one, run))}
              onChange={(value) => query.set({with: value, item: null})} />
          )}
          {run && query.get('with') && (
            <a class="aside" href={linkTo('compare', {runs: `${id},${query.get('with')}`})}>Compare their scores</a>
          )}
        </div>
      )}
      {runs.value && all.length > 0 && !id && <Empty><p>Choose a run to read its predictions.</p></Empty>}
      {run && (query.get('with') ? <Pair key={`${id}/${query.get('with')}`} run={run} query={query} /> : <One key={id} run={run} query={query} />)}
    </>
  );
}

function One({run, query}: {run: RunProgress; query: Query}) {
  const text = useDelayed(query.get('text').trim(), 300);
  const verdict = query.get('verdict');
  const filter = useMemo(() => ({
    verdicts: kVerdictChoices.find(({value}) => value === verdict)?.verdicts ?? [],
    truncated: query.get('truncated') === 'yes', text, group: query.get('group'),
  }), [verdict, query.get('truncated'), text, query.get('group')]);
  const source = useLoad(`${run.spec.run_id}/${JSON.stringify(filter)}`, (signal) => samplesOf(run, filter, signal));
  const results = useLoad(`results/${run.spec.run_id}`, (signal) => RunScore.load(run.spec.run_id, signal));
  const groups = RunScore.groupsOf(results.value);
  return (
    <>
      <p class="hint">{settingsText(run.spec)}</p>
      {results.value && <RunScore result={results.value} group={query.get('group')} />}
      <div class="controls" role="group" aria-label="Filters">
        <Select label="Verdict" value={verdict} options={kVerdictChoices} onChange={(value) => query.set({verdict: value, item: null})} />
        {groups.length > 0 && (
          <Select label="Subject or task" value={query.get('group')} onChange={(group) => query.set({group, item: null})}
            options={[{value: '', label: 'all'}, ...groups.map((name) => ({value: name, label: name.replaceAll('_', ' ')}))]} />
        )}
        <TextField label="Text" value={query.get('text')} placeholder="in question, output or target" width="16rem"
          onInput={(value) => query.set({text: value, item: null}, true)} />
        <Check label="Truncated" checked={query.get('truncated') === 'yes'}
          onChange={(on) => query.set({truncated: on ? 'yes' : null, item: null})} />
      </div>
      {source.error && <ErrorNotice error={source.error} onRetry={source.reload} />}
      <Browser>
        {source.value && (
          <VirtualList<SampleRow> label="Predictions" source={source.value} rowHeight={kRowHeight} selected={query.get('item')}
            onSelect={(row) => query.set({item: rowKey(row)}, true)} render={(row) => <SampleLine row={row} />}
            empty="No prediction passes the filters." />
        )}
        <SampleDetail runs={[run.spec.run_id]} item={query.get('item')} />
      </Browser>
    </>
  );
}

function Pair({run, query}: {run: RunProgress; query: Query}) {
  const other = query.get('with');
  const kind = query.get('differ');
  const source = useLoad(`${run.spec.run_id}/${other}/${kind}`,
      (signal) => differencesOf(run, other, kind && `DIFFERENCE_KIND_${kind}`, signal));
  return (
    <>
      <div class="controls" role="group" aria-label="Filters">
        <Select label="Items" value={kind} options={kDifferences} onChange={(value) => query.set({differ: value, item: null})} />
      </div>
      {source.error && <ErrorNotice error={source.error} onRetry={source.reload} />}
      <Browser>
        {source.value && (
          <VirtualList<DifferenceRow> label="Items" source={source.value} rowHeight={kRowHeight} selected={query.get('item')}
            onSelect={(row) => query.set({item: rowKey(row)}, true)} render={(row) => <DifferenceLine row={row} />}
            empty="The two have no such item." />
        )}
        <SampleDetail runs={[run.spec.run_id, other]} item={query.get('item')} />
      </Browser>
    </>
  );
}

function Browser({children}: {children: preact.ComponentChildren}) {
  return <div class="browser">{children}</div>;
}
