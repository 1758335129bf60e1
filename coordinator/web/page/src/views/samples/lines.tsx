// A row of the list of samples: what was asked, and what became of it.
import type {DifferenceRow, SampleRow} from '../../api/types';
import {VerdictMark} from '../../ui/parts';

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

export function SampleLine({row}: {row: SampleRow}) {
  return (
    <>
      <div class="line">
        <VerdictMark verdict={row.verdict} short />
        <span class="cut">{oneLine(row.question) || row.item_id}</span>
        {(row.truncated || row.over_max_input) && <span class="tag">prompt cut</span>}
      </div>
      <div class="line faint">
        <span class="id">{row.item_id}</span>
        <span class="cut">{oneLine(row.output) || row.extracted}</span>
      </div>
    </>
  );
}

export function DifferenceLine({row}: {row: DifferenceRow}) {
  return (
    <>
      <div class="line">
        <VerdictMark verdict={row.first.verdict} short />
        <VerdictMark verdict={row.second.verdict} short />
        <span class="cut">{oneLine(row.question) || row.item_id}</span>
      </div>
      <div class="line faint">
        <span class="id">{row.item_id}</span>
        <span class="cut">{oneLine(row.first.extracted || row.first.output)} | {oneLine(row.second.extracted || row.second.output)}</span>
      </div>
    </>
  );
}
