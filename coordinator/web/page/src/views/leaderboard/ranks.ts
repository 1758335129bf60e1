// The ranks that the data allow in one column: by resampling the items of its runs, in the service.
import {get} from '../../api/client';
import type {Comparison, LeaderboardTable, TableRow} from '../../api/types';
import {useLoad, type Loaded} from '../../ui/load';

export interface Rank {
  rank: number;
  best: number;
  worst: number;
}

const kMostRuns = 60;

/** By run. Nothing for averages, whose items are of several benchmarks, and for ratings of several judges. */
export function useRanks(wanted: boolean, table: LeaderboardTable | undefined, rows: readonly TableRow[], key: string):
    Loaded<Map<string, Rank>> {
  const column = table?.columns.find((one) => one.key === key);
  const able = wanted && column !== undefined && column.key === column.benchmark && !column.is_rating;
  const runs = able ? rows.flatMap((row) => (row.baseline ? [] : row.scores[key]?.run_id ?? [])).filter((run) => run !== '0') : [];
  const chosen = [...runs].sort().slice(0, kMostRuns);
  return useLoad(chosen.length > 1 ? chosen.join(',') : '', async (signal) => {
    const comparison = await get<Comparison>('comparison', {run_ids: chosen, ranks_only: true, only_common: true, resamples: 2000}, {signal});
    return new Map(comparison.models.map((model) =>
      [model.run.run_id, {rank: model.rank, best: model.rank_best, worst: model.rank_worst}]));
  });
}
