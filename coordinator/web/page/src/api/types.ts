// What the HTTP interface answers, as far as the page reads it: proto messages as JSON. 64-bit integers are texts there.
export type Int64 = string;
/** NaN and infinities are texts. */
export type Real = number | string;

export interface RunSettings {
  protocol: string;
  protocol_version: number;
  shots?: number;
  precision: string;
  limit: Int64;
  prompt_template: string;
  system_prompt: string;
  bos: string;
  sampling?: {temperature?: number; samples: number};
}

export interface RunSpec {
  run_id: Int64;
  job_id: Int64;
  benchmark: string;
  dataset_name: string;
  dataset_sha256: string;
  settings?: RunSettings;
  model_name: string;
  judged_run: Int64;
  judged_model: string;
}

export type State =
    'STATE_UNSPECIFIED' | 'STATE_PENDING' | 'STATE_RUNNING' | 'STATE_COMPLETED' | 'STATE_CANCELLED' | 'STATE_FAILED';

export interface RunProgress {
  spec: RunSpec;
  state: State;
  error: string;
  items: Int64;
  items_done: Int64;
  items_failed: Int64;
  prompt_tokens: Int64;
  cached_tokens: Int64;
  generated_tokens: Int64;
  started?: string;
  finished?: string;
  engine: string;
  waiting_for: string;
}

export interface JobProgress {
  job_id: Int64;
  state: State;
  submitted?: string;
  runs: RunProgress[];
  paused: boolean;
  awaits_judges: boolean;
  judge_job: Int64;
  judge_error: string;
}

export interface WorkerInfo {
  worker_id: string;
  hostname: string;
  engine_version: string;
  device: string;
  threads: number;
}

export interface WorkLease {
  worker_id: string;
  run_id: Int64;
  job_id: Int64;
  benchmark: string;
  model: string;
  items: Int64;
  attempt: Real;
  deadline?: string;
}

export interface WorkerStatus {
  worker: WorkerInfo;
  connected: boolean;
  leases: number;
}

export interface JobEvent {
  happened?: string;
  kind: string;
  run_id: Int64;
  shard_id: Int64;
  message: string;
}

export interface ProtocolInfo {
  name: string;
  version: number;
  shots: number;
}

export interface BenchmarkInfo {
  name: string;
  description: string;
  protocols: ProtocolInfo[];
}

export interface Interval {
  value: Real;
  standard_error?: Real;
  low?: Real;
  high?: Real;
}

export interface ModelFacts {
  name: string;
  title: string;
  family: string;
  foundation: string;
  parameters: Int64;
  instruction_data: string;
  method: string;
  tuning: string;
  source: string;
}

export interface LeaderboardColumn {
  key: string;
  title: string;
  benchmark: string;
  is_rating: boolean;
  averages: string[];
}

export interface TableScore extends Interval {
  items: Int64;
  errors: Int64;
  run_id: Int64;
  partial: boolean;
  difference?: number;
}

export interface TableRow {
  model: string;
  baseline: string;
  same_as: string;
  facts?: ModelFacts;
  scores: Record<string, TableScore>;
}

export interface LeaderboardTable {
  columns: LeaderboardColumn[];
  rows: TableRow[];
  omissions: {benchmark: string; reason: string; cells: Int64}[];
}

export type Verdict =
    'VERDICT_CORRECT' | 'VERDICT_WRONG' | 'VERDICT_ERROR' | 'VERDICT_UNANSWERED' | 'VERDICT_UNPARSABLE' | 'VERDICT_RATED' |
    'VERDICT_UNGRADED' | 'VERDICT_UNSPECIFIED';

export interface SampleRow {
  item_ordinal: Int64;
  sample_index: number;
  item_id: string;
  group: string;
  verdict: Verdict;
  extracted: string;
  target: string;
  value?: Real;
  output: string;
  question: string;
  over_max_input: boolean;
  truncated: boolean;
  finish_reason: string;
}

export interface Page {
  previous_page_token: string;
  next_page_token: string;
  searched?: Int64;
}

export interface SamplePage extends Page {
  samples: SampleRow[];
  first_ordinal: Int64;
  last_ordinal: Int64;
}

export interface DifferenceSide {
  verdict: Verdict;
  extracted: string;
  output: string;
  value?: Real;
}

export interface DifferenceRow {
  item_ordinal: Int64;
  sample_index: number;
  item_id: string;
  group: string;
  target: string;
  question: string;
  first: DifferenceSide;
  second: DifferenceSide;
}

export interface DifferencePage extends Page {
  differences: DifferenceRow[];
}

export interface Item {
  id: string;
  group: string;
  ordinal: Int64;
  fields: Record<string, string>;
  choices: string[];
  target: string;
}

export interface Score {
  grader: string;
  grader_version: number;
  verdict: Verdict;
  extracted: string;
  partial?: number;
}

export interface Sample {
  spec: RunSpec;
  prediction: {
    group: string;
    target: string;
    choices: string[];
    prediction: {
      item_id: string;
      sample_index: number;
      prompt: string;
      prompt_sha256: string;
      prompt_tokens: Int64;
      cached_tokens: Int64;
      generated_tokens: Int64;
      shots_used: number;
      over_max_input: boolean;
      truncated: boolean;
      output_token_ids: number[];
      finish_reason: string;
      choice_loglikelihoods: Real[];
      error: string;
      program_outcome: string;
    };
    score?: Score;
    other_scores: Score[];
    committed?: string;
  };
  output: string;
  item: Item;
  shots: Item[];
  samples: number;
}

export interface ComparedModel {
  run: RunSpec;
  label: string;
  score: Interval;
  rank: number;
  rank_best: number;
  rank_worst: number;
}

export interface ComparedPair {
  first: number;
  second: number;
  difference: Interval;
  bootstrap_low: Real;
  bootstrap_high: Real;
  changed?: Int64;
  only_first?: Int64;
  only_second?: Int64;
  mcnemar_p?: Real;
  mcnemar_holm_p?: Real;
  permutation_p: Real;
  permutation_exact: boolean;
  permutation_holm_p: Real;
}

export interface ComparedGroup {
  group: string;
  items: Int64;
  scores: Interval[];
  difference?: Interval;
  mcnemar_p?: Real;
  permutation_p?: Real;
  holm_p?: Real;
}

export interface Comparison {
  benchmark: string;
  protocol: string;
  protocol_version: number;
  metric: string;
  unit: string;
  macro_average: boolean;
  items: Int64;
  confidence: number;
  resamples: number;
  seed: Int64;
  models: ComparedModel[];
  pairs: ComparedPair[];
  groups: ComparedGroup[];
}

export interface ModelRank {
  score: Real;
  rank: number;
  best: number;
  worst: number;
}

export type Role = 'ROLE_READ' | 'ROLE_SUBMIT' | 'ROLE_WORKER' | 'ROLE_ADMIN';

export interface Caller {
  user: string;
  roles: Role[];
}

export interface Rating {
  answer: string;
  criterion: string;
  rating: number;
}

export interface RatingTask {
  campaign: string;
  task: string;
  prompt: string;
  category: string;
  criteria: {name: string; question: string; levels: string[]}[];
  answers: {answer: string; text: string}[];
  ratings: Rating[];
  done: Int64;
  total: Int64;
  can_undo: boolean;
  finished: boolean;
  closed?: boolean;
}

export interface RaterToken {
  rater_id: string;
  name: string;
  token: string;
}

export interface Campaign {
  campaign_id: Int64;
  name: string;
  created?: string;
  closed: boolean;
  pairs: boolean;
  raters_per_answer: number;
  criteria: string[];
  runs: Int64[];
  answers: Int64;
  ratings_done: Int64;
  ratings_wanted: Int64;
  raters: {rater_id: string; name: string; tasks: Int64; tasks_done: Int64; last_rated?: string; away: boolean}[];
  away_minutes: number;
}

export interface AgreementPair {
  first: string;
  second: string;
  answers: Int64;
  spearman: Real;
  spearman_low: Real;
  spearman_high: Real;
  kendall: Real;
  equal: Real;
  difference: Real;
}

export interface Agreement {
  criteria: {
    criterion: string;
    answers: Int64;
    alpha: Real;
    alpha_low: Real;
    alpha_high: Real;
    pairs: AgreementPair[];
    judges: AgreementPair[];
    models: (Interval & {run_id: Int64; model: string; answers: Int64; mean: Real; judge_means: Record<string, Real>})[];
  }[];
}
