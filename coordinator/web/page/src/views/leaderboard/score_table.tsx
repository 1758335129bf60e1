import type {LeaderboardColumn, ModelRank, TableRow, TableScore} from '../../api/types';
import {integer, interval, score, sizeName} from '../../format';
import {Scrolling} from '../../ui/parts';
import {linkTo} from '../../url';
import {methodName, tuningName} from './rows';

interface Properties {
  columns: readonly LeaderboardColumn[];
  rows: readonly TableRow[];
  sort: string;
  ascending: boolean;
  ranks: Map<string, ModelRank> | undefined;
  intervals: boolean;
  onSort: (key: string) => void;
}

export function ScoreTable({columns, rows, sort, ascending, ranks, intervals, onSort}: Properties) {
  const head = (key: string, title: string, numbers: boolean) => (
    <th key={key} scope="col" class={numbers ? 'number' : ''}
      aria-sort={key === sort ? (ascending !== (key === 'model') ? 'ascending' : 'descending') : undefined}>
      <button type="button" onClick={() => onSort(key)}>
        {title}{key === sort && <span aria-hidden="true">{ascending !== (key === 'model') ? ' ↑' : ' ↓'}</span>}
      </button>
    </th>
  );
  return (
    <Scrolling label="Scores" className="scores">
      <table class="fixed">
        <thead>
          <tr>
            {head('model', 'Model', false)}
            {head('parameters', 'Size', true)}
            {ranks && <th scope="col" class="number">Rank</th>}
            {columns.map((column) => head(column.key, column.title, true))}
            <th scope="col">Foundation</th>
            <th scope="col">Instruction data</th>
            <th scope="col">Method</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={`${row.baseline}/${row.model}/${row.facts?.parameters}`} {...{row, columns, ranks, intervals}} />
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

function Row({row, columns, ranks, intervals}: {row: TableRow} & Pick<Properties, 'columns' | 'ranks' | 'intervals'>) {
  const rank = row.baseline ? undefined : ranks?.get(row.model);
  const method = [methodName(row.facts), tuningName(row.facts) === 'LoRA' ? 'LoRA' : ''].filter(Boolean).join(', ');
  return (
    <tr class={row.baseline ? 'published' : ''}>
      <th scope="row">{row.model}{row.baseline && <small>published by {row.baseline}</small>}</th>
      <td class="number">{sizeName(row.facts?.parameters)}</td>
      {ranks && <td class="number">{rank ? <>{rank.rank}<small>{rank.best} to {rank.worst}</small></> : ''}</td>}
      {columns.map((column) => (
        <Cell key={column.key} score={row.scores[column.key]} isRating={column.is_rating} intervals={intervals} />
      ))}
      <td>{row.facts?.foundation}</td>
      <td>{row.facts?.instruction_data}</td>
      <td>{method}</td>
    </tr>
  );
}

function Cell({score: of, isRating, intervals}: {score: TableScore | undefined; isRating: boolean; intervals: boolean}) {
  if (!of) return <td class="number faint">–</td>;
  const text = score(of.value, isRating);
  const isRun = of.run_id !== '0' && of.run_id !== undefined;
  const items = of.items === '0' ? '' : `${integer(of.items)} items`;
  const above = of.difference;
  const note = intervals ? interval(of, isRating) : '';
  return (
    <td class="number" title={items || undefined}>
      {isRun ? <a href={linkTo('samples', {run: of.run_id})}>{text}</a> : text}
      {of.partial && <span title="over a part of the items">*</span>}
      {note && <small>{note}</small>}
      {above !== undefined && <small>ours {score(Math.abs(above), isRating)} {above >= 0 ? 'above' : 'below'}</small>}
    </td>
  );
}
