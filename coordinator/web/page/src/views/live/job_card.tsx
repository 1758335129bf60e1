import {useState} from 'preact/hooks';

import {get, post} from '../../api/client';
import type {JobEvent, JobProgress, RunProgress} from '../../api/types';
import {benchmarkTitle, duration, enumName, fixed, integer, numberOf, settingsText, time} from '../../format';
import {useMaySubmit} from '../../ui/access';
import {useLoad} from '../../ui/load';
import {Bar, ErrorNotice, Scrolling, StateBadge} from '../../ui/parts';
import {linkTo} from '../../url';
import {secondsTaken, sumsOf, type SpeedMeter} from './progress';

interface Properties {
  job: JobProgress;
  meter: SpeedMeter;
  now: number;
  open: boolean;
  onOpen: (open: boolean) => void;
  onChanged: () => void;
}

function few(names: readonly string[]): string {
  const all = [...new Set(names)];
  return all.length <= 3 ? all.join(', ') : `${all.slice(0, 3).join(', ')} and ${all.length - 3} more`;
}

export function JobCard({job, meter, now, open, onOpen, onChanged}: Properties) {
  const sums = sumsOf(job, meter, now);
  const models = few(job.runs.map((run) => run.spec.model_name));
  const benchmarks = few(job.runs.map((run) => benchmarkTitle(run.spec.benchmark)));
  return (
    <article class="job" aria-label={`Job ${job.job_id}`}>
      <div class="job-head">
        <h2>Job {job.job_id}</h2>
        <StateBadge state={job.state} paused={job.paused} />
        <span class="what">{models} on {benchmarks}</span>
        <Actions job={job} onChanged={onChanged} />
      </div>
      <Bar done={sums.done} of={sums.items} label={`Progress of job ${job.job_id}`} />
      <p class="facts">
        <span>{integer(sums.done)} of {integer(sums.items)} predictions</span>
        {sums.speed > 0 && !job.paused && <span>{fixed(sums.speed, sums.speed < 10 ? 1 : 0)} items/s</span>}
        {!Number.isNaN(sums.secondsLeft) && <span>{duration(sums.secondsLeft)} left</span>}
        {sums.failed > 0 && <span class="bad">{integer(sums.failed)} failed</span>}
        <span class="faint">submitted {time(job.submitted)}</span>
        {job.awaits_judges && <span>judges follow</span>}
        {numberOf(job.judge_job) > 0 && <span>judged by job {job.judge_job}</span>}
      </p>
      {job.judge_error && <p class="bad">Judges: {job.judge_error}</p>}
      <details open={open} onToggle={(event) => event.currentTarget.open !== open && onOpen(event.currentTarget.open)}>
        <summary>{job.runs.length === 1 ? '1 run' : `${integer(job.runs.length)} runs`}</summary>
        {open && <Runs runs={job.runs} meter={meter} now={now} />}
        {open && <Events job={job.job_id} />}
      </details>
    </article>
  );
}

function Actions({job, onChanged}: {job: JobProgress; onChanged: () => void}) {
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState(false);
  const [error, setError] = useState<Error>();
  const may = useMaySubmit();
  if (!may || (job.state !== 'STATE_RUNNING' && job.state !== 'STATE_PENDING')) return null;
  const send = async (action: 'cancel' | 'pause' | 'resume') => {
    setBusy(true);
    setError(undefined);
    try {
      await post(`jobs/${job.job_id}/${action}`);
      onChanged();
    } catch (failure) {
      setError(failure as Error);
    }
    setBusy(false);
    setAsked(false);
  };
  return (
    <span class="actions">
      {asked ? (
        <>
          <span>What is not done is given up.</span>
          <button type="button" disabled={busy} onClick={() => void send('cancel')}>Cancel job {job.job_id}</button>
          <button type="button" onClick={() => setAsked(false)}>Keep it</button>
        </>
      ) : (
        <>
          <button type="button" disabled={busy} onClick={() => void send(job.paused ? 'resume' : 'pause')}>
            {job.paused ? 'Resume' : 'Pause'}
          </button>
          <button type="button" disabled={busy} onClick={() => setAsked(true)}>Cancel…</button>
        </>
      )}
      {error && <ErrorNotice error={error} />}
    </span>
  );
}

function Runs({runs, meter, now}: {runs: readonly RunProgress[]; meter: SpeedMeter; now: number}) {
  return (
    <Scrolling label="Runs">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">Run</th>
            <th scope="col">Model</th>
            <th scope="col">Benchmark</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col" class="number">Items/s</th>
            <th scope="col" class="number">Failed</th>
            <th scope="col" class="number">Took</th>
            <th scope="col">Settings</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => {
            const speed = meter.itemsPerSecond(run, now);
            return (
              <tr key={run.spec.run_id}>
                <td class="number"><a href={linkTo('samples', {run: run.spec.run_id})}>{run.spec.run_id}</a></td>
                <td>{run.spec.model_name}</td>
                <td>{benchmarkTitle(run.spec.dataset_name || run.spec.benchmark)}</td>
                <td>
                  <StateBadge state={run.state} />
                  {run.waiting_for && <small class="note">waits for {run.waiting_for}</small>}
                  {run.error && <small class="note bad">{run.error}</small>}
                </td>
                <td>
                  <Bar done={numberOf(run.items_done)} of={numberOf(run.items)} label={`Progress of run ${run.spec.run_id}`} />
                  <small>{integer(run.items_done)} of {integer(run.items)}</small>
                </td>
                <td class="number">{Number.isNaN(speed) ? '' : fixed(speed, speed < 10 ? 1 : 0)}</td>
                <td class="number">
                  {numberOf(run.items_failed) > 0 ?
                    <a class="bad" href={linkTo('samples', {run: run.spec.run_id, verdict: 'error'})}>{integer(run.items_failed)}</a> : '0'}
                </td>
                <td class="number">{Number.isNaN(secondsTaken(run)) ? '' : duration(secondsTaken(run))}</td>
                <td class="faint">{settingsText(run.spec)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scrolling>
  );
}

function Events({job}: {job: string}) {
  const {value, error} = useLoad(`events/${job}`,
      async (signal) => (await get<{events: JobEvent[]}>(`jobs/${job}/events`, {}, {signal})).events, 5000);
  if (error) return <ErrorNotice error={error} />;
  if (!value || value.length === 0) return <p class="hint">{value ? 'Nothing out of the ordinary happened.' : ''}</p>;
  return (
    <>
      <h3>Events</h3>
      <ul class="events">
        {value.map((event, index) => (
          <li key={index}>
            <time class="faint">{time(event.happened)}</time> {enumName(event.kind, '')}
            {numberOf(event.run_id) > 0 && ` (run ${event.run_id})`}{event.message && `: ${event.message}`}
          </li>
        ))}
      </ul>
    </>
  );
}
