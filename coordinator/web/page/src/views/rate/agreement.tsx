import {get} from '../../api/client';
import type {Agreement, AgreementPair, Campaign} from '../../api/types';
import {fixed, integer, numberOf} from '../../format';
import {useLoad} from '../../ui/load';
import {ErrorNotice, Loading, Scrolling} from '../../ui/parts';
import {linkTo} from '../../url';

function between(low: number | string, high: number | string): string {
  return Number.isFinite(numberOf(low)) && Number.isFinite(numberOf(high)) ? `${fixed(low, 2)} to ${fixed(high, 2)}` : '';
}

/** Among people, and of people with judges. */
export function AgreementTables({campaign}: {campaign: Campaign}) {
  const {value, error, reload} = useLoad(`agreement/${campaign.campaign_id}/${campaign.ratings_done}`, (signal) =>
    get<Agreement>(`ratings/campaigns/${campaign.campaign_id}/agreement`, {}, {signal}));
  if (error) return <ErrorNotice error={error} onRetry={reload} />;
  if (!value) return <Loading what="the agreement" />;
  return (
    <>
      {value.criteria.map((criterion) => (
        <section key={criterion.criterion} aria-label={criterion.criterion}>
          <h3>{criterion.criterion}</h3>
          <p>
            Krippendorff’s α of the raters: <strong>{fixed(criterion.alpha, 2)}</strong>{' '}
            <span class="faint">({between(criterion.alpha_low, criterion.alpha_high) || 'not defined yet'}; {integer(criterion.answers)} answers)</span>
          </p>
          <Pairs label={`Agreement in ${criterion.criterion}`} pairs={[...criterion.pairs, ...criterion.judges]} />
          <Models criterion={criterion} />
        </section>
      ))}
    </>
  );
}

function Pairs({label, pairs}: {label: string; pairs: AgreementPair[]}) {
  if (pairs.length === 0) return null;
  return (
    <Scrolling label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">First</th>
            <th scope="col">Second</th>
            <th scope="col" class="number">Answers</th>
            <th scope="col" class="number">Spearman</th>
            <th scope="col" class="number">Kendall</th>
            <th scope="col" class="number">The same, %</th>
            <th scope="col" class="number">First less second</th>
          </tr>
        </thead>
        <tbody>
          {pairs.map((pair) => (
            <tr key={`${pair.first}/${pair.second}`}>
              <th scope="row">{pair.first}</th>
              <td>{pair.second}</td>
              <td class="number">{integer(pair.answers)}</td>
              <td class="number">{fixed(pair.spearman, 2)}<small>{between(pair.spearman_low, pair.spearman_high)}</small></td>
              <td class="number">{fixed(pair.kendall, 2)}</td>
              <td class="number">{fixed(numberOf(pair.equal) * 100, 0)}</td>
              <td class="number">{fixed(pair.difference, 2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

function Models({criterion}: {criterion: Agreement['criteria'][number]}) {
  const judges = [...new Set(criterion.models.flatMap((model) => Object.keys(model.judge_means)))].sort();
  if (criterion.models.length === 0) return null;
  return (
    <Scrolling label={`Models by ${criterion.criterion}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col" class="number">Answers</th>
            <th scope="col" class="number">People</th>
            {judges.map((judge) => <th key={judge} scope="col" class="number">{judge}</th>)}
          </tr>
        </thead>
        <tbody>
          {criterion.models.map((model) => (
            <tr key={model.run_id}>
              <th scope="row">{model.model}<small><a href={linkTo('samples', {run: model.run_id})}>run {model.run_id}</a></small></th>
              <td class="number">{integer(model.answers)}</td>
              <td class="number">{fixed(model.mean, 2)}<small>{between(model.low ?? NaN, model.high ?? NaN)}</small></td>
              {judges.map((judge) => <td key={judge} class="number">{fixed(model.judge_means[judge], 2)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}
