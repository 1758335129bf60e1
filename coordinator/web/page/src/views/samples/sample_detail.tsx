// One item with all that was asked and answered: of one run, or of two side by side.
import {get} from '../../api/client';
import type {Item, Sample, Score} from '../../api/types';
import {enumName, fixed, integer, numberOf, runTitle, time} from '../../format';
import {useLoad} from '../../ui/load';
import {CopyButton, Empty, ErrorNotice, Loading, VerdictMark} from '../../ui/parts';

export function SampleDetail({runs, item}: {runs: string[]; item: string}) {
  const [ordinal, sample] = item.split('.');
  const {value, error, loading, reload} = useLoad(item ? `${runs.join()}/${item}` : '', (signal) => Promise.all(runs.map((run) =>
    get<Sample>(`runs/${run}/samples/${ordinal}`, {sample_index: sample}, {signal}))));
  if (!item) return <section class="detail" aria-label="Item"><Empty><p>Choose an item to read it whole.</p></Empty></section>;
  const first = value?.[0];
  return (
    <section class="detail" aria-label="Item" aria-busy={loading}>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the item" />}
      {first && (
        <>
          <h2>{first.item.id}</h2>
          <p class="facts">
            <span>{first.item.group.replaceAll('_', ' ')}</span>
            {first.samples > 1 && <span>sample {numberOf(sample) + 1} of {first.samples}</span>}
          </p>
          <h3>Target</h3>
          <pre>{first.prediction.target || first.item.target}</pre>
          <div class={value!.length > 1 ? 'sides' : ''}>
            {value!.map((one, index) => <Answer key={runs[index]} sample={one} isPair={value!.length > 1} />)}
          </div>
          <Prompts samples={value!} />
          <Shots shots={first.shots} />
          <Fields item={first.item} />
        </>
      )}
    </section>
  );
}

function Answer({sample, isPair}: {sample: Sample; isPair: boolean}) {
  const {prediction, score, other_scores: others, choices} = sample.prediction;
  return (
    <div class="side">
      {isPair && <h3>{runTitle(sample.spec)}</h3>}
      <h3>Output</h3>
      {prediction.error ? <pre class="bad">{prediction.error}</pre> :
        sample.output === '' && prediction.choice_loglikelihoods.length > 0 ? <p class="hint">Log-likelihoods only; nothing is written.</p> :
          sample.output === '' ? <p class="hint">The output is empty.</p> : <pre class="output">{sample.output}</pre>}
      {score && <Verdicts scores={[score, ...others]} />}
      <Likelihoods choices={choices} values={prediction.choice_loglikelihoods.map(numberOf)} chosen={score?.extracted ?? ''} />
      <dl class="facts-list">
        <Fact name="Ended">{enumName(prediction.finish_reason, 'FINISH_REASON_') === 'length' ? 'at its limit of tokens' :
          enumName(prediction.finish_reason, 'FINISH_REASON_')}</Fact>
        <Fact name="Tokens">{integer(prediction.prompt_tokens)} of the prompt ({integer(prediction.cached_tokens)} cached),{' '}
          {integer(Math.max(numberOf(prediction.generated_tokens), prediction.output_token_ids.length))} written</Fact>
        <Fact name="Examples">{prediction.shots_used}{prediction.truncated && ', some left out or the prompt cut'}
          {prediction.over_max_input && ', longer than the protocol allows'}</Fact>
        {prediction.program_outcome && <Fact name="Program">{prediction.program_outcome}</Fact>}
        <Fact name="Stored">{time(sample.prediction.committed)}</Fact>
      </dl>
    </div>
  );
}

function Fact({name, children}: {name: string; children: preact.ComponentChildren}) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function Verdicts({scores}: {scores: Score[]}) {
  return (
    <ul class="plain">
      {scores.map((score) => (
        <li key={`${score.grader}/${score.grader_version}`}>
          <VerdictMark verdict={score.verdict} />
          {score.extracted && <>, read as <code>{score.extracted}</code></>}
          {score.partial !== undefined && <>, value {fixed(score.partial, 3)}</>}
          <span class="faint"> by {score.grader} {score.grader_version}</span>
        </li>
      ))}
    </ul>
  );
}

/** Choices × the ways in which the item was asked. */
function Likelihoods({choices, values, chosen}: {choices: string[]; values: number[]; chosen: string}) {
  if (values.length === 0) return null;
  const names = choices.length > 0 && values.length % choices.length === 0 ? choices : values.map((_, index) => `${index + 1}`);
  const ways = Array.from({length: values.length / names.length}, (_, way) => values.slice(way * names.length, (way + 1) * names.length));
  return (
    <table class="small">
      <caption>Log-likelihoods</caption>
      <thead>
        <tr>
          <th scope="col">Choice</th>
          {ways.map((_, way) => <th key={way} scope="col" class="number">{ways.length > 1 ? `Asked ${way + 1}` : 'Value'}</th>)}
        </tr>
      </thead>
      <tbody>
        {names.map((name, index) => (
          <tr key={index}>
            <th scope="row">{name}{name === chosen && <span class="faint"> (chosen)</span>}</th>
            {ways.map((way, number) => (
              <td key={number} class="number">
                {way[index] === Math.max(...way) ? <strong>{fixed(way[index], 4)}</strong> : fixed(way[index], 4)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Prompts({samples}: {samples: Sample[]}) {
  const prompts = samples.map((sample) => sample.prediction.prediction.prompt);
  const same = prompts.every((prompt) => prompt === prompts[0]);
  return (
    <>
      {(same ? samples.slice(0, 1) : samples).map((sample, index) => (
        <details key={index} open={samples.length === 1}>
          <summary>Prompt as it was given{same ? '' : ` to ${sample.spec.model_name}`}</summary>
          <CopyButton label="Copy" text={() => sample.prediction.prediction.prompt} />
          <pre>{sample.prediction.prediction.prompt}</pre>
          <p class="hint">SHA-256 <code>{sample.prediction.prediction.prompt_sha256}</code></p>
        </details>
      ))}
    </>
  );
}

function Shots({shots}: {shots: Item[]}) {
  if (shots.length === 0) return null;
  return (
    <details>
      <summary>{shots.length === 1 ? '1 example' : `${shots.length} examples`} in the prompt</summary>
      {shots.map((shot) => (
        <div key={shot.id}>
          <h3>{shot.id}</h3>
          <FieldList item={shot} />
        </div>
      ))}
    </details>
  );
}

function Fields({item}: {item: Item}) {
  return (
    <details>
      <summary>The item’s fields</summary>
      <FieldList item={item} />
    </details>
  );
}

function FieldList({item}: {item: Item}) {
  const fields = Object.entries(item.fields).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return (
    <dl class="fields">
      {fields.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      <div><dt>target</dt><dd>{item.target}</dd></div>
    </dl>
  );
}
