// The ranks that the data allow in one column, a benchmark's or the average's: by resampling the items of its runs, in the service.
import {get} from '../../api/client';
import type {LeaderboardTable, ModelRank, TableRow} from '../../api/types';
import {useLoad, type Loaded} from '../../ui/load';

const kMostModels = 60;

/** The columns whose runs are resampled; none of ratings, which several judges may have given, and of parts of a benchmark. */
function benchmarksOf(table: LeaderboardTable, key: string): string[] {
  const column = table.columns.find((one) => one.key === key);
  if (!column || column.is_rating) return [];
  return column.averages.length > 0 ? column.averages : column.key === column.benchmark ? [column.key] : [];
}

function runOf(row: TableRow, key: string): string {
  return row.scores[key]?.run_id ?? '0';
}

/** By model. Of many models those that are shown first. */
export function useRanks(wanted: boolean, table: LeaderboardTable | undefined, rows: readonly TableRow[], key: string):
    Loaded<Map<string, ModelRank>> {
  const benchmarks = wanted && table ? benchmarksOf(table, key) : [];
  const able = benchmarks.length === 0 ? [] :
    rows.filter((row) => !row.baseline && benchmarks.every((benchmark) => runOf(row, benchmark) !== '0')).slice(0, kMostModels);
  // The order of the rows does not change the ranks.
  const ranked = [...able].sort((a, b) => (a.model < b.model ? -1 : 1));
  const runs = benchmarks.flatMap((benchmark) => ranked.map((row) => runOf(row, benchmark)));
  return useLoad(ranked.length > 1 ? runs.join(',') : '', async (signal) => {
    const {ranks} = await get<{ranks: ModelRank[]}>('ranks', {run_ids: runs, models: ranked.length}, {signal});
    return new Map(ranked.map((row, index) => [row.model, ranks[index]!]));
  });
}
