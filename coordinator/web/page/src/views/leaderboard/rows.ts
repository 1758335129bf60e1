// The rows of the leaderboard's table as they are shown: filtered, sorted, and as CSV.
import type {LeaderboardColumn, LeaderboardTable, ModelFacts, ModelRank, TableRow, TableScore} from '../../api/types';
import {enumName, numberOf} from '../../format';

export interface Filter {
  text: string;
  /** In billions of parameters; NaN: no bound. */
  smallest: number;
  largest: number;
  foundation: string;
  data: string;
  method: string;
  tuning: string;
}

export function methodName(facts: ModelFacts | undefined): string {
  return enumName(facts?.method ?? '', 'TRAINING_METHOD_').replace('rlhf', 'RLHF');
}

export function tuningName(facts: ModelFacts | undefined): string {
  return enumName(facts?.tuning ?? '', 'TUNING_').replace('lora', 'LoRA');
}

export function parametersOf(row: TableRow): number {
  const value = numberOf(row.facts?.parameters);
  return value > 0 ? value : NaN;
}

/** A row of which a fact is not known is not kept by a filter on it. */
export function keeps(filter: Filter, row: TableRow): boolean {
  const size = parametersOf(row) / 1e9;
  if (!Number.isNaN(filter.smallest) && !(size >= filter.smallest)) return false;
  if (!Number.isNaN(filter.largest) && !(size <= filter.largest)) return false;
  if (filter.foundation && row.facts?.foundation !== filter.foundation) return false;
  if (filter.data && row.facts?.instruction_data !== filter.data) return false;
  if (filter.method && methodName(row.facts) !== filter.method) return false;
  if (filter.tuning && tuningName(row.facts) !== filter.tuning) return false;
  const names = `${row.model} ${row.facts?.title ?? ''} ${row.facts?.family ?? ''}`.toLowerCase();
  return filter.text.toLowerCase().split(/\s+/).every((word) => names.includes(word));
}

function orderValue(row: TableRow, key: string): number {
  return key === 'parameters' ? parametersOf(row) : numberOf(row.scores[key]?.value);
}

/** The highest first, names in order of the alphabet; rows without a value last; a published row after the same model of ours. */
export function sorted(rows: readonly TableRow[], key: string, ascending: boolean): TableRow[] {
  const ours = rows.filter((row) => !row.baseline);
  const names = new Set(ours.map((row) => row.model));
  const follows = (row: TableRow) => row.baseline !== '' && names.has(row.same_as);
  const leading = rows.filter((row) => !follows(row));
  const turn = ascending ? -1 : 1;
  leading.sort((a, b) => {
    const byName = a.model.localeCompare(b.model, 'en', {numeric: true});
    if (key === 'model') return byName * turn;
    const [x, y] = [orderValue(a, key), orderValue(b, key)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || byName;
    return (y - x) * turn || byName;
  });
  return leading.flatMap((row) => (row.baseline ? [row] : [row, ...rows.filter((other) => follows(other) && other.same_as === row.model)]));
}

/** The column with the most scores, the first of these; the average goes before all where there is one. */
export function defaultSort(table: LeaderboardTable): string {
  const ours = table.rows.filter((row) => !row.baseline);
  const count = (key: string) => (ours.length > 0 ? ours : table.rows).filter((row) => row.scores[key]).length;
  if (count('average') > 0) return 'average';
  const most = Math.max(0, ...table.columns.map((column) => count(column.key)));
  return table.columns.find((column) => count(column.key) === most)?.key ?? 'model';
}

/** What there is to choose of a fact, in order of the alphabet. */
export function valuesOf(table: LeaderboardTable, fact: (row: TableRow) => string | undefined): string[] {
  return [...new Set(table.rows.map(fact).filter((value): value is string => !!value))].sort((a, b) => a.localeCompare(b, 'en'));
}

function csvCell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvScore(score: TableScore | undefined): string[] {
  if (!score) return ['', '', '', ''];
  return [score.value, score.low, score.high, score.items === '0' ? undefined : score.items]
      .map((value) => (value === undefined || Number.isNaN(numberOf(value)) ? '' : String(value)));
}

/** Shares are of 1, not in percent. Ranks are those in the column of the key `ranked`. */
export function asCsv(columns: readonly LeaderboardColumn[], rows: readonly TableRow[], ranked: string,
    ranks: Map<string, ModelRank> | undefined): string {
  const rankOf = (row: TableRow) => (row.baseline ? undefined : ranks?.get(row.model));
  const head = ['model', 'published by', 'parameters', 'foundation', 'instruction data', 'method', 'tuning',
    ...(ranks ? [`${ranked} rank`, `${ranked} rank best`, `${ranked} rank worst`] : []),
    ...columns.flatMap(({key}) => [key, `${key} low`, `${key} high`, `${key} items`])];
  const lines = rows.map((row) => [
    row.model, row.baseline, Number.isNaN(parametersOf(row)) ? '' : String(parametersOf(row)), row.facts?.foundation ?? '',
    row.facts?.instruction_data ?? '', methodName(row.facts), tuningName(row.facts),
    ...(ranks ? (['rank', 'best', 'worst'] as const).map((place) => String(rankOf(row)?.[place] ?? '')) : []),
    ...columns.flatMap(({key}) => csvScore(row.scores[key])),
  ]);
  return [head, ...lines].map((line) => line.map(csvCell).join(',')).join('\n') + '\n';
}
