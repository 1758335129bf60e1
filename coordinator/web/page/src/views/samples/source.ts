// Where the list of samples reads its pages: the predictions of a run, or the items on which two runs differ.
import {get, type Parameters} from '../../api/client';
import type {DifferencePage, DifferenceRow, RunProgress, SamplePage, SampleRow, Verdict} from '../../api/types';
import {numberOf} from '../../format';
import type {Place, Source} from '../../ui/keyset_window';

const kPageSize = 200;

export interface SampleFilter {
  verdicts: Verdict[];
  truncated: boolean;
  text: string;
  group: string;
}

/** What a choice of the verdict's filter stands for. */
export const kVerdictChoices: {value: string; label: string; verdicts: Verdict[]}[] = [
  {value: '', label: 'all', verdicts: []},
  {value: 'right', label: 'right', verdicts: ['VERDICT_CORRECT']},
  {value: 'not-right', label: 'all that are not right', verdicts: ['VERDICT_WRONG', 'VERDICT_ERROR', 'VERDICT_UNANSWERED', 'VERDICT_UNPARSABLE']},
  {value: 'wrong', label: 'wrong', verdicts: ['VERDICT_WRONG']},
  {value: 'unparsed', label: 'unparsed', verdicts: ['VERDICT_UNPARSABLE']},
  {value: 'unanswered', label: 'unanswered', verdicts: ['VERDICT_UNANSWERED']},
  {value: 'error', label: 'errors', verdicts: ['VERDICT_ERROR']},
  {value: 'rated', label: 'rated', verdicts: ['VERDICT_RATED']},
];

function placeParameters(place: Place): Parameters {
  return {
    page_size: kPageSize,
    page_token: place.token,
    from_ordinal: place.fromOrdinal,
    backwards: place.backwards,
  };
}

async function ordinalsOf(run: string, signal: AbortSignal): Promise<{first: number; last: number}> {
  const page = await get<SamplePage>(`runs/${run}/samples`, {page_size: 1}, {signal});
  return {first: numberOf(page.first_ordinal), last: numberOf(page.last_ordinal)};
}

export async function samplesOf(run: RunProgress, filter: SampleFilter, signal: AbortSignal): Promise<Source<SampleRow>> {
  const id = run.spec.run_id;
  const filtered = filter.verdicts.length > 0 || filter.truncated || filter.text !== '' || filter.group !== '';
  return {
    ...await ordinalsOf(id, signal),
    total: filtered ? NaN : numberOf(run.items_done),
    ...((filter.text || filter.truncated) && {whole: numberOf(run.items_done)}),
    fetch: async (place, pageSignal) => {
      const page = await get<SamplePage>(`runs/${id}/samples`, {
        ...placeParameters(place), verdicts: filter.verdicts, truncated: filter.truncated, text: filter.text, group: filter.group,
      }, {signal: pageSignal});
      return {
        rows: page.samples, previous: page.previous_page_token, next: page.next_page_token,
        searched: numberOf(page.searched ?? page.samples.length),
      };
    },
  };
}

export async function differencesOf(first: RunProgress, second: string, kind: string, signal: AbortSignal): Promise<Source<DifferenceRow>> {
  const id = first.spec.run_id;
  return {
    ...await ordinalsOf(id, signal),
    total: NaN,
    fetch: async (place, pageSignal) => {
      const page = await get<DifferencePage>('differences',
          {...placeParameters(place), first_run: id, second_run: second, kind}, {signal: pageSignal});
      return {
        rows: page.differences, previous: page.previous_page_token, next: page.next_page_token,
        searched: numberOf(page.searched ?? page.differences.length),
      };
    },
  };
}
