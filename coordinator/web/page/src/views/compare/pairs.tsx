import type {Comparison} from '../../api/types';
import {integer, interval, pValue, score, signedScore} from '../../format';
import {Scrolling} from '../../ui/parts';
import {linkTo} from '../../url';
import {IntervalPlot, reachOf} from './interval_plot';

export function isRating(comparison: Comparison): boolean {
  return comparison.unit === 'METRIC_UNIT_RATING';
}

export function Models({comparison}: {comparison: Comparison}) {
  const rating = isRating(comparison);
  return (
    <>
      <h2>Scores</h2>
      <Scrolling label="Scores">
        <table>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col" class="number">Score</th>
              <th scope="col" class="number">Interval</th>
              <th scope="col" class="number">Rank</th>
              <th scope="col" class="number">Ranks the data allow</th>
            </tr>
          </thead>
          <tbody>
            {comparison.models.map((model) => (
              <tr key={model.run.run_id}>
                <th scope="row">{model.label}<small><a href={linkTo('samples', {run: model.run.run_id})}>run {model.run.run_id}</a></small></th>
                <td class="number">{score(model.score.value, rating)}</td>
                <td class="number">{interval(model.score, rating)}</td>
                <td class="number">{model.rank}</td>
                <td class="number">{model.rank_best} to {model.rank_worst}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
    </>
  );
}

export function Pairs({comparison}: {comparison: Comparison}) {
  const rating = isRating(comparison);
  const {models, pairs} = comparison;
  const reach = reachOf(pairs.map((pair) => pair.difference));
  const mcnemar = pairs.some((pair) => pair.mcnemar_p !== undefined);
  const changed = pairs.some((pair) => pair.changed !== undefined);
  return (
    <>
      <h2>Differences</h2>
      <Scrolling label="Differences">
        <table>
          <thead>
            <tr>
              <th scope="col">First less second</th>
              <th scope="col" class="number">Difference</th>
              <th scope="col" class="number">Interval<small>by bootstrap</small></th>
              <th scope="col"><span class="hidden">Plot of the interval</span></th>
              <th scope="col" class="number">Permutation p<small>Holm</small></th>
              {mcnemar && <th scope="col" class="number">Only first<small>is right</small></th>}
              {mcnemar && <th scope="col" class="number">Only second<small>is right</small></th>}
              {mcnemar && <th scope="col" class="number">McNemar p<small>Holm</small></th>}
              {changed && <th scope="col" class="number">Other answers</th>}
            </tr>
          </thead>
          <tbody>
            {pairs.map((pair) => {
              const [first, second] = [models[pair.first]!, models[pair.second]!];
              const differ = (differ?: string) => linkTo('samples', {run: first.run.run_id, with: second.run.run_id, differ});
              return (
                <tr key={`${pair.first}/${pair.second}`}>
                  <th scope="row">{first.label} − {second.label}</th>
                  <td class="number"><a href={differ()}>{signedScore(pair.difference.value, rating)}</a></td>
                  <td class="number">
                    {interval(pair.difference, rating, true)}
                    <small>{interval({low: pair.bootstrap_low, high: pair.bootstrap_high}, rating, true)}</small>
                  </td>
                  <td><IntervalPlot of={pair.difference} reach={reach} /></td>
                  <td class="number">{pValue(pair.permutation_p)}<small>{pValue(pair.permutation_holm_p)}</small></td>
                  {mcnemar && <td class="number"><a href={differ('ONLY_FIRST')}>{integer(pair.only_first)}</a></td>}
                  {mcnemar && <td class="number"><a href={differ('ONLY_SECOND')}>{integer(pair.only_second)}</a></td>}
                  {mcnemar && <td class="number">{pValue(pair.mcnemar_p)}<small>{pValue(pair.mcnemar_holm_p)}</small></td>}
                  {changed && <td class="number"><a href={differ('ANSWER')}>{integer(pair.changed)}</a></td>}
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scrolling>
    </>
  );
}
