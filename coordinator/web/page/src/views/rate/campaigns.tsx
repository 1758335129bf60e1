// Campaigns of ratings: begin one, hand out the raters' links, see how far they are and how well they agree.
import {useState} from 'preact/hooks';

import {get, post} from '../../api/client';
import type {Campaign, RaterToken} from '../../api/types';
import {integer, numberOf, time} from '../../format';
import {useMaySubmit} from '../../ui/access';
import {useLoad} from '../../ui/load';
import {Bar, CopyButton, Empty, ErrorNotice, Loading, Scrolling} from '../../ui/parts';
import {linkTo, useQuery} from '../../url';
import {AgreementTables} from './agreement';
import {linkOf, NewCampaign} from './new_campaign';

export function Campaigns() {
  const query = useQuery();
  const {value, error, reload} = useLoad('campaigns',
      async (signal) => (await get<{campaigns: Campaign[]}>('ratings/campaigns', {}, {signal})).campaigns, 5000);
  const may = useMaySubmit();
  const chosen = value?.find((campaign) => campaign.campaign_id === query.get('campaign'));
  return (
    <>
      <div class="title">
        <h1>Rate</h1>
        <p class="hint">People rate what models wrote, from 1 to 5, without knowing whose it is. A rater needs a link of their own.</p>
      </div>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the campaigns" />}
      {value && value.length === 0 && <Empty><p>There is no campaign yet. It needs a job whose answers are to be rated, such as one of IMPACT.</p></Empty>}
      {value && value.length > 0 && (
        <Scrolling label="Campaigns">
          <table>
            <thead>
              <tr>
                <th scope="col">Campaign</th>
                <th scope="col">Progress</th>
                <th scope="col" class="number">Answers</th>
                <th scope="col" class="number">Raters of each</th>
                <th scope="col">Shown</th>
                <th scope="col">State</th>
                <th scope="col">Begun</th>
              </tr>
            </thead>
            <tbody>
              {value.map((campaign) => (
                <tr key={campaign.campaign_id}>
                  <th scope="row"><a href={linkTo('rate', {campaign: campaign.campaign_id})}>{campaign.name}</a></th>
                  <td>
                    <Bar done={numberOf(campaign.ratings_done)} of={numberOf(campaign.ratings_wanted)} label={`Progress of ${campaign.name}`} />
                    <small>{integer(campaign.ratings_done)} of {integer(campaign.ratings_wanted)} ratings</small>
                  </td>
                  <td class="number">{integer(campaign.answers)}</td>
                  <td class="number">{campaign.raters_per_answer}</td>
                  <td>{campaign.pairs ? 'in pairs' : 'one by one'}</td>
                  <td>{campaign.closed ? 'closed' : 'open'}</td>
                  <td>{time(campaign.created)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
      {chosen && <Details key={chosen.campaign_id} campaign={chosen} onChanged={reload} />}
      {may && <NewCampaign onMade={reload} />}
    </>
  );
}

function Details({campaign, onChanged}: {campaign: Campaign; onChanged: () => void}) {
  const may = useMaySubmit();
  const [error, setError] = useState<Error>();
  const [renewed, setRenewed] = useState<RaterToken>();
  const path = `ratings/campaigns/${campaign.campaign_id}`;
  const whole = useLoad(path, (signal) => get<Campaign>(path, {}, {signal}), 5000);
  const attempt = async (action: () => Promise<void>) => {
    setError(undefined);
    try {
      await action();
    } catch (failure) {
      setError(failure as Error);
    }
  };
  const close = () => attempt(async () => {
    await post(`${path}/close`);
    onChanged();
  });
  const exportAll = () => attempt(async () => {
    save(`${campaign.name}.json`, JSON.stringify(await get<object>(`${path}/export`), null, 1));
  });
  const renew = (rater: string) => attempt(async () => setRenewed(await post<RaterToken>(`${path}/renew`, {rater})));
  const failure = error ?? whole.error;
  return (
    <>
      <h2>{campaign.name}</h2>
      {campaign.away_minutes > 0 && (
        <p class="hint">What a rater leaves for {integer(campaign.away_minutes)} minutes goes to those who are done with theirs.</p>
      )}
      {failure && <ErrorNotice error={failure} />}
      {whole.value && <Raters campaign={whole.value} may={may && !campaign.closed} onRenew={(rater) => void renew(rater)} />}
      {renewed && (
        <div class="notice" role="status">
          <p>The link of {renewed.name} from now on, shown this once; the earlier one is of no use any more.</p>
          <p><code>{linkOf(renewed.token)}</code> <CopyButton label="Copy" text={() => linkOf(renewed.token)} /></p>
        </div>
      )}
      <div class="controls">
        <button type="button" onClick={() => void exportAll()}>Save all ratings as JSON</button>
        {may && !campaign.closed && <button type="button" onClick={() => void close()}>Close the campaign</button>}
      </div>
      <AgreementTables campaign={campaign} />
    </>
  );
}

function Raters({campaign, may, onRenew}: {campaign: Campaign; may: boolean; onRenew: (rater: string) => void}) {
  return (
    <Scrolling label="Raters">
      <table>
        <thead>
          <tr>
            <th scope="col">Rater</th>
            <th scope="col">Progress</th>
            <th scope="col" class="number">Done</th>
            <th scope="col">Last</th>
            {may && <th scope="col"><span class="hidden">A new link</span></th>}
          </tr>
        </thead>
        <tbody>
          {campaign.raters.map((rater) => (
            <tr key={rater.rater_id}>
              <th scope="row">{rater.name}</th>
              <td><Bar done={numberOf(rater.tasks_done)} of={numberOf(rater.tasks)} label={`Progress of ${rater.name}`} /></td>
              <td class="number">{integer(rater.tasks_done)} of {integer(rater.tasks)}</td>
              <td>{time(rater.last_rated)}{rater.away && <small class="odd">away: open tasks go to others</small>}</td>
              {may && (
                <td>
                  <button type="button" class="link" aria-label={`New link for ${rater.name}`} onClick={() => onRenew(rater.name)}>New link</button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type: 'application/json'}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
