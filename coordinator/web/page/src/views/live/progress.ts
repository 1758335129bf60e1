// How fast runs go, from what was seen of them before.
import type {JobProgress, RunProgress} from '../../api/types';
import {numberOf} from '../../format';

interface Seen {
  at: number;
  done: number;
}

// A shard is committed as a whole: over less time the speed would jump.
const kWindow = 60_000;

export class SpeedMeter {
  private readonly seen = new Map<string, Seen[]>();

  note(jobs: readonly JobProgress[], now: number): void {
    for (const job of jobs) {
      for (const run of job.runs) {
        const all = this.seen.get(run.spec.run_id) ?? [];
        all.push({at: now, done: numberOf(run.items_done)});
        while (all.length > 2 && now - all[0]!.at > kWindow) all.shift();
        this.seen.set(run.spec.run_id, all);
      }
    }
  }

  /** Items a second over the last minute, or since the run began where it was seen only once; NaN when nothing is known. */
  itemsPerSecond(run: RunProgress, now: number): number {
    if (run.state !== 'STATE_RUNNING') return NaN;
    const all = this.seen.get(run.spec.run_id) ?? [];
    const first = all[0];
    const last = all[all.length - 1];
    if (first && last && last.at - first.at >= 10_000) return (last.done - first.done) / ((last.at - first.at) / 1000);
    const started = run.started ? Date.parse(run.started) : NaN;
    return numberOf(run.items_done) / Math.max(1, (now - started) / 1000);
  }
}

export interface Sums {
  items: number;
  done: number;
  failed: number;
  speed: number;
  secondsLeft: number;
}

export function sumsOf(job: JobProgress, meter: SpeedMeter, now: number): Sums {
  const sums = {items: 0, done: 0, failed: 0, speed: 0, secondsLeft: NaN};
  for (const run of job.runs) {
    sums.items += numberOf(run.items);
    sums.done += numberOf(run.items_done);
    sums.failed += numberOf(run.items_failed);
    sums.speed += meter.itemsPerSecond(run, now) || 0;
  }
  const active = !job.paused && (job.state === 'STATE_RUNNING' || job.state === 'STATE_PENDING');
  if (active && sums.speed > 0) sums.secondsLeft = (sums.items - sums.done) / sums.speed;
  return sums;
}

export function secondsTaken(run: RunProgress): number {
  return run.started && run.finished ? (Date.parse(run.finished) - Date.parse(run.started)) / 1000 : NaN;
}
