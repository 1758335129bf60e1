// Runs to choose from: the newest jobs' runs, by benchmark.
import {get} from '../api/client';
import type {JobProgress, RunProgress} from '../api/types';
import {benchmarkTitle, settingsText} from '../format';
import {useLoad, type Loaded} from './load';
import {Select} from './parts';

const kNewestJobs = 500;

export function useRuns(): Loaded<RunProgress[]> {
  return useLoad('runs', async (signal) => {
    const {jobs} = await get<{jobs: JobProgress[]}>('jobs', {limit: kNewestJobs}, {signal});
    return jobs.flatMap((job) => job.runs);
  });
}

export function runLabel(run: RunProgress): string {
  const {spec} = run;
  const done = run.state === 'STATE_COMPLETED' ? '' : ` [${run.items_done} of ${run.items}]`;
  return `${spec.model_name} – ${benchmarkTitle(spec.dataset_name || spec.benchmark)}, ${settingsText(spec)} – run ${spec.run_id}${done}`;
}

export function sameQuestions(a: RunProgress, b: RunProgress): boolean {
  return a.spec.benchmark === b.spec.benchmark && a.spec.dataset_sha256 === b.spec.dataset_sha256 &&
      (a.spec.settings?.protocol ?? '') === (b.spec.settings?.protocol ?? '');
}

export function RunSelect({label, value, runs, none, onChange}:
    {label: string; value: string; runs: readonly RunProgress[]; none: string; onChange: (run: string) => void}) {
  return (
    <Select label={label} value={value} onChange={onChange}
      options={[{value: '', label: none}, ...runs.map((run) => ({value: run.spec.run_id, label: runLabel(run)}))]} />
  );
}
