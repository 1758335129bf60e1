import {get} from '../../api/client';
import type {Int64, Interval, RunProgress} from '../../api/types';
import {integer, interval, numberOf, score} from '../../format';

interface Metric extends Interval {
  name: string;
  group: string;
  items: Int64;
  unit: string;
}

interface Result {
  run: RunProgress;
  metrics: Metric[];
  unanswered: Int64;
  unparsable: Int64;
}

/** The score of the run, or of the group that is looked at. */
export function RunScore({result, group}: {result: Result; group: string}) {
  const metrics = result.metrics.filter((metric) => metric.group === group);
  const failed = numberOf(result.run.items_failed);
  return (
    <p class="facts">
      {metrics.map((metric) => {
        const isRating = metric.unit === 'METRIC_UNIT_RATING';
        return (
          <span key={metric.name}>
            {metric.name.replaceAll('_', ' ')} <strong>{score(metric.value, isRating)}</strong>{' '}
            <span class="faint">({interval(metric, isRating)}; {integer(metric.items)} items)</span>
          </span>
        );
      })}
      {!group && numberOf(result.unanswered) > 0 && <span>{integer(result.unanswered)} unanswered</span>}
      {!group && numberOf(result.unparsable) > 0 && <span>{integer(result.unparsable)} unparsed</span>}
      {!group && failed > 0 && <span class="bad">{integer(failed)} failed</span>}
      {result.run.state === 'STATE_RUNNING' && <span>{integer(result.run.items_done)} of {integer(result.run.items)} so far</span>}
    </p>
  );
}

RunScore.load = async (run: string, signal: AbortSignal): Promise<Result> => {
  const answer = await get<{runs: Result[]}>(`runs/${run}/results`, {}, {signal});
  if (!answer.runs[0]) throw new Error(`There are no results of run ${run}.`);
  return answer.runs[0];
};

/** Those that items have themselves: sums over several are named with a colon. */
RunScore.groupsOf = (result: Result | undefined): string[] =>
  [...new Set((result?.metrics ?? []).map((metric) => metric.group))].filter((name) => name && !name.includes(':'));
