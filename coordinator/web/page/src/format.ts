// Numbers, times and names as they are read.
import type {Interval, Real, RunSpec} from './api/types';

const kNone = '–';

/** NaN where there is none. */
export function numberOf(value: Real | undefined): number {
  return value === undefined ? NaN : typeof value === 'number' ? value : Number(value === '' ? NaN : value);
}

const integers = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

export function integer(value: Real | undefined): string {
  const number = numberOf(value);
  return Number.isFinite(number) ? integers.format(number) : kNone;
}

export function fixed(value: Real | undefined, digits: number): string {
  const number = numberOf(value);
  if (!Number.isFinite(number)) return kNone;
  return number.toFixed(digits).replace('-', '−');
}

/** A share in percent with one digit, a rating with two. */
export function score(value: Real | undefined, isRating: boolean): string {
  return isRating ? fixed(value, 2) : fixed(numberOf(value) * 100, 1);
}

export function signedScore(value: Real | undefined, isRating: boolean): string {
  const text = score(value, isRating);
  return numberOf(value) > 0 ? `+${text}` : text;
}

export function interval(of: Pick<Interval, 'low' | 'high'> | undefined, isRating: boolean, signed = false): string {
  if (!of || !Number.isFinite(numberOf(of.low)) || !Number.isFinite(numberOf(of.high))) return '';
  const text = signed ? signedScore : score;
  return `${text(of.low, isRating)} to ${text(of.high, isRating)}`;
}

export function pValue(value: Real | undefined): string {
  const number = numberOf(value);
  if (!Number.isFinite(number)) return kNone;
  return number < 0.0001 ? '< 0.0001' : number.toFixed(4);
}

/** "7B", "0.7B", "135M"; empty for 0. */
export function sizeName(parameters: Real | undefined): string {
  const number = numberOf(parameters);
  if (!(number > 0)) return '';
  const small = number < 1e8;
  return `${Number((number / (small ? 1e6 : 1e9)).toPrecision(3))}${small ? 'M' : 'B'}`;
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return kNone;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.round((seconds % 86400) / 3600)} h`;
}

const times = new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium', timeStyle: 'medium'});

export function time(timestamp: string | undefined): string {
  if (!timestamp) return '';
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? timestamp : times.format(date);
}

/** "STATE_RUNNING" → "running" */
export function enumName(value: string, prefix: string): string {
  const name = value.startsWith(prefix) ? value.slice(prefix.length) : value;
  return name === 'UNSPECIFIED' ? '' : name.toLowerCase().replaceAll('_', ' ');
}

const kTitles: Record<string, string> = {
  mmlu: 'MMLU', bbh: 'BBH', drop: 'DROP', crass: 'CRASS', human_eval: 'HumanEval', hhh: 'HHH', impact: 'IMPACT',
};

export function benchmarkTitle(name: string): string {
  return kTitles[name] ?? name;
}

/** What sets a run apart from others of its model and benchmark. */
export function settingsText(spec: RunSpec): string {
  const settings = spec.settings;
  if (!settings) return '';
  const parts = [settings.protocol];
  if (settings.shots !== undefined) parts.push(settings.shots === 1 ? '1 shot' : `${settings.shots} shots`);
  const precision = enumName(settings.precision, 'PRECISION_');
  if (precision) parts.push(precision.replace(' ', '.'));
  const template = enumName(settings.prompt_template, 'PROMPT_TEMPLATE_');
  if (template && template !== 'none') parts.push(`${template} template`);
  if (settings.limit !== '0') parts.push(`limit ${settings.limit}`);
  if ((settings.sampling?.samples ?? 0) > 1) parts.push(`${settings.sampling!.samples} samples`);
  if (spec.judged_model) parts.push(`rates ${spec.judged_model}`);
  return parts.filter(Boolean).join(', ');
}

export function runTitle(spec: RunSpec): string {
  return `${spec.model_name} · ${spec.dataset_name || spec.benchmark} · run ${spec.run_id}`;
}
