// Models × benchmarks: scores with their intervals, sorted and filtered, published results beside ours.
import {useMemo, useRef} from 'preact/hooks';

import {get} from '../../api/client';
import type {BenchmarkInfo, LeaderboardTable} from '../../api/types';
import {integer} from '../../format';
import {useLoad} from '../../ui/load';
import {Check, Choice, CopyButton, Empty, ErrorNotice, Loading, Select, TextField} from '../../ui/parts';
import {useQuery, type Query} from '../../url';
import {useRanks} from './ranks';
import {asCsv, defaultSort, keeps, methodName, sorted, tuningName, valuesOf, type Filter} from './rows';
import {ScoreTable} from './score_table';

const kTables = [
  {value: '', label: 'Suite'},
  {value: 'problem_solving', label: 'Problem solving'},
  {value: 'alignment', label: 'Alignment'},
  {value: 'writing', label: 'Writing'},
  {value: 'all', label: 'All benchmarks'},
];
const kWide = 700;
const kPrecisions = ['float32', 'bfloat16', 'float16', 'int8', 'llm_int8'];
const kTemplates = ['none', 'chat', 'alpaca'];

function bound(text: string): number {
  return text === '' ? NaN : Number(text);
}

function filterOf(query: Query): Filter {
  return {
    text: query.get('model'), smallest: bound(query.get('from')), largest: bound(query.get('to')),
    foundation: query.get('foundation'), data: query.get('data'), method: query.get('method'), tuning: query.get('tuning'),
  };
}

function parametersOf(query: Query, benchmarks: readonly BenchmarkInfo[]) {
  const precision = query.get('precision');
  const template = query.get('template');
  return {
    ...(query.get('table') === 'all' ? {benchmarks: benchmarks.map(({name}) => name)} : {view: query.get('table') || 'suite'}),
    protocol: query.get('protocol'),
    shots: query.get('shots'),
    precision: precision && `PRECISION_${precision.toUpperCase()}`,
    prompt_template: template && `PROMPT_TEMPLATE_${template.toUpperCase()}`,
    partial: query.get('partial') === 'yes',
    baselines: query.get('published') !== 'no',
  };
}

export function Leaderboard() {
  const query = useQuery();
  const benchmarks = useLoad('benchmarks',
      async (signal) => (await get<{benchmarks: BenchmarkInfo[]}>('benchmarks', {}, {signal})).benchmarks);
  const parameters = parametersOf(query, benchmarks.value ?? []);
  const waits = query.get('table') === 'all' && !benchmarks.value && !benchmarks.error;
  const {value: table, error, loading, reload} = useLoad(waits ? '' : JSON.stringify(parameters),
      (signal) => get<LeaderboardTable>('leaderboard/table', parameters, {signal}));
  const filter = filterOf(query);
  const sort = query.get('sort') || (table ? defaultSort(table) : 'model');
  const ascending = query.get('order') === 'up';
  const rows = useMemo(() => (table ? sorted(table.rows.filter((row) => keeps(filter, row)), sort, ascending) : []),
      [table, JSON.stringify(filter), sort, ascending]);
  const wantsRanks = query.get('ranks') === 'yes';
  const ranks = useRanks(wantsRanks, table, rows, sort);

  return (
    <>
      <div class="title">
        <h1>Leaderboard</h1>
        <p class="hint">Shares in percent, ratings from 1 to 5; 95% intervals.</p>
      </div>
      <div class="controls">
        <Choice label="Table" value={query.get('table')} options={kTables}
          onChange={(value) => query.set({table: value, sort: null, order: null})} />
        <Shows query={query} />
      </div>
      {/* On a small screen the table comes first. */}
      <details class="options" open={useRef(innerWidth > kWide).current}>
        <summary>Which runs count, and filters</summary>
        <Switches query={query} benchmarks={benchmarks.value ?? []} />
        {table && <Filters query={query} table={table} />}
      </details>
      {table && (
        <div class="controls">
          <CopyButton label="Copy as CSV" text={() => asCsv(table.columns, rows, sort, ranks.value)} />
          <span class="faint count" role="status">
            {loading ? 'Loading…' : `${rows.length} of ${table.rows.length} rows`}{ranks.loading ? ', ranks are being resampled…' : ''}
          </span>
        </div>
      )}
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!table && !error && <Loading what="the scores" />}
      {ranks.error && <ErrorNotice error={ranks.error} onRetry={ranks.reload} />}
      {wantsRanks && table && !ranks.loading && !ranks.error && !ranks.value && (
        <p class="hint">No ranks in this column: they are of a whole benchmark or of the average, where two models or more have it.</p>
      )}
      {table && (
        <>
          {rows.length > 0 ?
            <ScoreTable columns={table.columns} rows={rows} sort={sort} ascending={ascending} ranks={ranks.value}
              intervals={query.get('intervals') !== 'no'}
              onSort={(key) => query.set({sort: key, order: key === sort && !ascending ? 'up' : null})} /> :
            <NothingToShow table={table} />}
          <Omissions table={table} />
        </>
      )}
    </>
  );
}

function Shows({query}: {query: Query}) {
  return (
    <>
      <Check label="Published results" checked={query.get('published') !== 'no'}
        onChange={(on) => query.set({published: on ? null : 'no'})} />
      <Check label="Intervals" checked={query.get('intervals') !== 'no'} onChange={(on) => query.set({intervals: on ? null : 'no'})} />
      <Check label="Rank intervals" checked={query.get('ranks') === 'yes'} onChange={(on) => query.set({ranks: on ? 'yes' : null})} />
    </>
  );
}

function Switches({query, benchmarks}: {query: Query; benchmarks: readonly BenchmarkInfo[]}) {
  const protocols = [...new Set(benchmarks.flatMap((benchmark) => benchmark.protocols.map(({name}) => name)))].sort();
  const named = (names: readonly string[]) => names.map((name) => ({value: name, label: name.replace('_', '.')}));
  return (
    <div class="controls">
      <Select label="Examples in the prompt" value={query.get('shots')} onChange={(shots) => query.set({shots})}
        options={[{value: '', label: 'few, as the protocol has it'}, {value: '0', label: 'none: zero-shot'},
          ...['1', '2', '3', '4', '5'].map((count) => ({value: count, label: count}))]} />
      <Select label="Protocol" value={query.get('protocol')} onChange={(protocol) => query.set({protocol})}
        options={[{value: '', label: 'each benchmark’s first'}, ...named(protocols)]} />
      <Select label="Precision" value={query.get('precision')} onChange={(precision) => query.set({precision})}
        options={[{value: '', label: 'bfloat16'}, ...named(kPrecisions.filter((name) => name !== 'bfloat16'))]} />
      <Select label="Prompt template" value={query.get('template')} onChange={(template) => query.set({template})}
        options={[{value: '', label: 'none'}, ...named(kTemplates.filter((name) => name !== 'none'))]} />
      <Check label="Unfinished and limited runs" checked={query.get('partial') === 'yes'}
        onChange={(on) => query.set({partial: on ? 'yes' : null})} />
    </div>
  );
}

function Filters({query, table}: {query: Query; table: LeaderboardTable}) {
  const options = (values: string[]) => [{value: '', label: 'all'}, ...values.map((value) => ({value, label: value}))];
  const select = (label: string, key: string, values: string[]) =>
    <Select label={label} value={query.get(key)} options={options(values)} onChange={(value) => query.set({[key]: value})} />;
  const size = (label: string, key: string) => (
    <TextField label={label} type="number" width="6.5rem" value={query.get(key)} onInput={(value) => query.set({[key]: value}, true)} />
  );
  const any = ['model', 'from', 'to', 'foundation', 'data', 'method', 'tuning'].filter((key) => query.get(key));
  return (
    <div class="controls" role="group" aria-label="Filters">
      <TextField label="Model" value={query.get('model')} onInput={(model) => query.set({model}, true)} width="11rem" />
      {size('From, billions', 'from')}
      {size('To, billions', 'to')}
      {select('Foundation', 'foundation', valuesOf(table, (row) => row.facts?.foundation))}
      {select('Instruction data', 'data', valuesOf(table, (row) => row.facts?.instruction_data))}
      {select('Method', 'method', valuesOf(table, (row) => methodName(row.facts)))}
      {select('Tuning', 'tuning', valuesOf(table, (row) => tuningName(row.facts)))}
      {any.length > 0 &&
        <button type="button" onClick={() => query.set(Object.fromEntries(any.map((key) => [key, null])))}>Show all</button>}
    </div>
  );
}

function NothingToShow({table}: {table: LeaderboardTable}) {
  if (table.rows.length > 0) return <Empty><p>No row passes the filters.</p></Empty>;
  return (
    <Empty>
      <p>There are no scores by these settings yet.</p>
      <p>Start some: <code>assay eval --model NAME --benchmark mmlu,bbh</code>. Runs under way are in the view Live, and “Unfinished and
        limited runs” shows what they have so far.</p>
    </Empty>
  );
}

const kReasons: Record<string, string> = {
  protocol: 'another protocol', version: 'another version of the protocol', data: 'other data', shots: 'another number of examples',
  precision: 'another precision', template: 'another prompt template', settings: 'a system prompt, BOS or sampling of their own',
  limit: 'a part of the items only', unfinished: 'not yet all predictions',
};

function Omissions({table}: {table: LeaderboardTable}) {
  if (table.omissions.length === 0) return null;
  return (
    <details>
      <summary>Cells that are empty although there are runs</summary>
      <ul>
        {table.omissions.map(({benchmark, reason, cells}) => (
          <li key={`${benchmark}/${reason}`}>{benchmark}: {integer(cells)} with {kReasons[reason] ?? reason}</li>
        ))}
      </ul>
    </details>
  );
}
