// By subject or task, and by the categories that these are in. The difference is of the first two runs.
import type {ComparedGroup, Comparison} from '../../api/types';
import {integer, interval, numberOf, pValue, score, signedScore} from '../../format';
import {Choice, Scrolling, Select} from '../../ui/parts';
import type {Query} from '../../url';
import {IntervalPlot, reachOf} from './interval_plot';
import {isRating} from './pairs';

/** "category:STEM" is of the kind "category"; subjects and tasks have no colon. */
function kindOf(group: string): string {
  return group.includes(':') ? group.slice(0, group.indexOf(':')) : '';
}

function nameOf(group: string): string {
  return group.slice(group.indexOf(':') + 1).replaceAll('_', ' ');
}

function ordered(groups: readonly ComparedGroup[], order: string): ComparedGroup[] {
  if (!order) return [...groups];
  const key = (group: ComparedGroup) => numberOf(order === 'p' ? group.permutation_p : group.difference?.value);
  const turn = order === 'difference' ? -1 : 1;
  return [...groups].sort((a, b) => ((key(a) || 0) - (key(b) || 0)) * turn);
}

export function Groups({comparison, query}: {comparison: Comparison; query: Query}) {
  if (comparison.groups.length === 0) return null;
  const kinds = [...new Set(comparison.groups.map(({group}) => kindOf(group)))];
  const kind = kinds.includes(query.get('by')) ? query.get('by') : kinds[0]!;
  const groups = ordered(comparison.groups.filter(({group}) => kindOf(group) === kind), query.get('order'));
  const rating = isRating(comparison);
  const reach = reachOf(groups.map((group) => group.difference));
  const labels = comparison.models.map((model) => model.label);
  return (
    <>
      <h2>By group</h2>
      <div class="controls">
        {kinds.length > 1 && (
          <Choice label="Groups" value={kind} options={kinds.map((value) => ({value, label: value || 'subject or task'}))}
            onChange={(by) => query.set({by})} />
        )}
        <Select label="Order" value={query.get('order')} onChange={(order) => query.set({order})}
          options={[{value: '', label: 'by name'}, {value: 'difference', label: 'largest difference first'},
            {value: 'p', label: 'smallest p first'}]} />
      </div>
      <Scrolling label="Groups" className="tall">
        <table class="fixed">
          <thead>
            <tr>
              <th scope="col">Group</th>
              <th scope="col" class="number">Items</th>
              {labels.map((label, index) => <th key={index} scope="col" class="number">{label}</th>)}
              <th scope="col" class="number">{labels[0]} − {labels[1]}</th>
              <th scope="col"><span class="hidden">Plot of the interval</span></th>
              <th scope="col" class="number">Permutation p<small>Holm</small></th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.group}>
                <th scope="row">{nameOf(group.group)}</th>
                <td class="number">{integer(group.items)}</td>
                {group.scores.map((one, index) => (
                  <td key={index} class="number">{score(one.value, rating)}<small>{interval(one, rating)}</small></td>
                ))}
                <td class="number">{signedScore(group.difference?.value, rating)}<small>{interval(group.difference, rating, true)}</small></td>
                <td><IntervalPlot of={group.difference} reach={reach} /></td>
                <td class="number">{pValue(group.permutation_p)}<small>{pValue(group.holm_p)}</small></td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
    </>
  );
}
