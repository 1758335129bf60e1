import type {Interval} from '../../api/types';
import {numberOf} from '../../format';

const kWidth = 130;
const kHeight = 16;

/** A value with its interval, on a scale from -`reach` to `reach` with a line at zero. The numbers stand beside it. */
export function IntervalPlot({of, reach}: {of: Interval | undefined; reach: number}) {
  const [value, low, high] = [numberOf(of?.value), numberOf(of?.low), numberOf(of?.high)];
  if (![value, low, high].every(Number.isFinite) || !(reach > 0)) return null;
  const x = (at: number) => kWidth / 2 + (Math.max(-reach, Math.min(reach, at)) / reach) * (kWidth / 2 - 4);
  const clear = low > 0 || high < 0;
  return (
    <svg class={`interval ${clear ? 'clear' : ''}`} width={kWidth} height={kHeight} viewBox={`0 0 ${kWidth} ${kHeight}`} aria-hidden="true">
      <line class="zero" x1={kWidth / 2} x2={kWidth / 2} y1="0" y2={kHeight} />
      <line x1={x(low)} x2={x(high)} y1={kHeight / 2} y2={kHeight / 2} />
      <circle cx={x(value)} cy={kHeight / 2} r="3.5" />
    </svg>
  );
}

export function reachOf(all: readonly (Interval | undefined)[]): number {
  return Math.max(0, ...all.flatMap((one) => [numberOf(one?.low), numberOf(one?.high)]).filter(Number.isFinite).map(Math.abs));
}
