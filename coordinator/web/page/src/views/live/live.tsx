// What is under way: jobs with their progress, workers with what they run, and what went wrong.
import {useRef, useState} from 'preact/hooks';

import {get} from '../../api/client';
import type {JobProgress, WorkerStatus, WorkLease} from '../../api/types';
import {integer} from '../../format';
import {useLoad} from '../../ui/load';
import {Empty, ErrorNotice, Loading, Select} from '../../ui/parts';
import {useQuery} from '../../url';
import {JobCard} from './job_card';
import {SpeedMeter} from './progress';
import {Workers} from './workers';

const kPeriod = 2000;

export function Live() {
  const query = useQuery();
  const limit = query.get('limit') || '20';
  const meter = useRef(new SpeedMeter());
  const [now, setNow] = useState(Date.now());
  const jobs = useLoad(`jobs/${limit}`, async (signal) => {
    const answer = await get<{jobs: JobProgress[]}>('jobs', {limit}, {signal});
    const at = Date.now();
    meter.current.note(answer.jobs, at);
    setNow(at);
    return answer.jobs;
  }, kPeriod);
  const workers = useLoad('workers', async (signal) => (await get<{workers: WorkerStatus[]}>('workers', {}, {signal})).workers, kPeriod);
  const work = useLoad('work', async (signal) => (await get<{leases: WorkLease[]}>('work', {}, {signal})).leases, kPeriod);
  const state = query.get('state');
  const shown = (jobs.value ?? []).filter((job) => !state || job.state === `STATE_${state.toUpperCase()}`);
  const connected = (workers.value ?? []).filter((worker) => worker.connected).length;

  return (
    <>
      <div class="title">
        <h1>Live</h1>
        {workers.value && <p class="hint">{connected === 1 ? '1 worker is' : `${integer(connected)} workers are`} connected.</p>}
      </div>
      {jobs.error && <ErrorNotice error={jobs.error} onRetry={jobs.reload} />}
      <div class="controls">
        <Select label="State" value={state} onChange={(value) => query.set({state: value})}
          options={[{value: '', label: 'all'}, ...['running', 'pending', 'completed', 'failed', 'cancelled'].map((name) =>
            ({value: name, label: name}))]} />
        <Select label="Jobs" value={limit} onChange={(value) => query.set({limit: value === '20' ? null : value})}
          options={['20', '100', '500'].map((count) => ({value: count, label: `the newest ${count}`}))} />
      </div>
      {!jobs.value && !jobs.error && <Loading what="the jobs" />}
      {jobs.value && shown.length === 0 && (
        <Empty>
          {jobs.value.length > 0 ? <p>No job is in this state.</p> :
            <p>There are no jobs yet. Start one: <code>assay eval --model NAME --benchmark mmlu,bbh</code></p>}
        </Empty>
      )}
      <div class="jobs">
        {shown.map((job) => (
          <JobCard key={job.job_id} job={job} meter={meter.current} now={now} open={query.get('job') === job.job_id}
            onOpen={(open) => query.set({job: open ? job.job_id : null}, true)} onChanged={jobs.reload} />
        ))}
      </div>
      <h2>Workers</h2>
      {workers.error && !jobs.error && <ErrorNotice error={workers.error} onRetry={workers.reload} />}
      {workers.value && <Workers workers={workers.value} leases={work.value ?? []} />}
    </>
  );
}
