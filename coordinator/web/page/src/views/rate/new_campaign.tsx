import {useState} from 'preact/hooks';

import {post} from '../../api/client';
import type {Campaign, RaterToken, RunProgress} from '../../api/types';
import {Check, CopyButton, ErrorNotice, TextField} from '../../ui/parts';
import {runLabel, useRuns} from '../../ui/run_picker';

interface Made {
  campaign: Campaign;
  tokens: RaterToken[];
}

/** What a rater opens; the token is behind #, which is never sent. */
export function linkOf(token: string): string {
  return `${location.origin}${location.pathname}#/rate/${encodeURIComponent(token)}`;
}

export function NewCampaign({onMade}: {onMade: () => void}) {
  const [made, setMade] = useState<Made>();
  return (
    <details class="new-campaign">
      <summary>New campaign</summary>
      <Form onMade={(campaign) => {
        setMade(campaign);
        onMade();
      }} />
      {made && <Links made={made} />}
    </details>
  );
}

function Form({onMade}: {onMade: (made: Made) => void}) {
  const runs = useRuns();
  const [name, setName] = useState('');
  const [raters, setRaters] = useState('');
  const [perAnswer, setPerAnswer] = useState('2');
  const [most, setMost] = useState('');
  const [away, setAway] = useState('');
  const [pairs, setPairs] = useState(false);
  const [chosen, setChosen] = useState<string[]>([]);
  const [error, setError] = useState<Error>();
  const names = raters.split(/[\s,]+/).filter(Boolean);
  // Judges' own runs are of the benchmark, too; their answers are ratings.
  const writing = (runs.value ?? []).filter((run: RunProgress) => run.spec.benchmark === 'impact' && run.spec.judged_run === '0' &&
      run.state === 'STATE_COMPLETED');
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(undefined);
    try {
      onMade(await post<Made>('ratings/campaigns', {
        name, runs: chosen, raters: names, raters_per_answer: Number(perAnswer), pairs, answers: most || '0', away_minutes: Number(away),
      }));
    } catch (failure) {
      setError(failure as Error);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <div class="controls">
        <TextField label="Name" type="text" value={name} onInput={setName} width="14rem" />
        <TextField label="Raters, with spaces between" type="text" value={raters} onInput={setRaters} width="18rem" placeholder="anna ben" />
        <TextField label="Raters for each answer" type="number" value={perAnswer} onInput={setPerAnswer} width="8rem" />
        <TextField label="Answers of each run at most" type="number" value={most} onInput={setMost} width="11rem" placeholder="all" />
        <TextField label="Minutes until a rater is away" type="number" value={away} onInput={setAway} width="12rem" placeholder="never" />
        <Check label="Two answers at a time" checked={pairs} onChange={setPairs} />
      </div>
      <fieldset class="plain">
        <legend>Answers of</legend>
        {runs.error && <ErrorNotice error={runs.error} onRetry={runs.reload} />}
        {runs.value && writing.length === 0 &&
          <p class="hint">No run of IMPACT has completed. Start one: <code>assay eval --model NAME --benchmark impact</code></p>}
        {writing.map((run) => {
          const id = run.spec.run_id;
          return (
            <div key={id}>
              <Check label={runLabel(run)} checked={chosen.includes(id)}
                onChange={(on) => setChosen(on ? [...chosen, id] : chosen.filter((other) => other !== id))} />
            </div>
          );
        })}
      </fieldset>
      {error && <ErrorNotice error={error} />}
      <button type="submit" class="primary" disabled={!name.trim() || names.length === 0 || chosen.length === 0}>Begin</button>
    </form>
  );
}

function Links({made}: {made: Made}) {
  return (
    <div class="notice" role="status">
      <p><strong>{made.campaign.name} has begun.</strong> Send each rater their link now: it is shown this once.</p>
      <ul class="plain">
        {made.tokens.map((rater) => (
          <li key={rater.rater_id}>
            {rater.name}: <code>{linkOf(rater.token)}</code> <CopyButton label="Copy" text={() => linkOf(rater.token)} />
          </li>
        ))}
      </ul>
    </div>
  );
}
