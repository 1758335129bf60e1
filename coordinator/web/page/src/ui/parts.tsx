// Small parts that every view uses.
import type {ComponentChildren} from 'preact';
import {useEffect, useId, useRef, useState} from 'preact/hooks';

import {ApiError} from '../api/client';
import {enumName} from '../format';

export function ErrorNotice({error, onRetry}: {error: Error; onRetry?: () => void}) {
  return (
    <div class="notice error" role="alert">
      <p><strong>{error.message}</strong></p>
      {error instanceof ApiError && error.advice && <p>{error.advice}</p>}
      {onRetry && <button type="button" onClick={onRetry}>Try again</button>}
    </div>
  );
}

export function Loading({what}: {what: string}) {
  return <p class="loading" role="status">Loading {what}…</p>;
}

export function Empty({children}: {children: ComponentChildren}) {
  return <div class="notice empty">{children}</div>;
}

interface Option {
  value: string;
  label: string;
}

export function Select({label, value, options, onChange}:
    {label: string; value: string; options: readonly Option[]; onChange: (value: string) => void}) {
  const id = useId();
  const known = options.some((option) => option.value === value);
  return (
    <span class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {!known && <option value={value}>{value}</option>}
        {options.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
      </select>
    </span>
  );
}

export function TextField({label, value, onInput, type = 'search', placeholder = '', width}: {
  label: string; value: string; onInput: (value: string) => void; type?: 'search' | 'text' | 'number' | 'password'; placeholder?: string; width?: string;
}) {
  const id = useId();
  // The types of elements differ with the kind of field; what is given here fits them all.
  const kind = {type} as {type: 'search'};
  return (
    <span class="field">
      <label for={id}>{label}</label>
      <input id={id} {...kind} value={value} placeholder={placeholder} autocomplete="off" spellcheck={false}
        style={width ? {width} : undefined} onInput={(event) => onInput(event.currentTarget.value)} />
    </span>
  );
}

export function Check({label, checked, onChange}: {label: string; checked: boolean; onChange: (checked: boolean) => void}) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

/** One of a few, all of them seen. */
export function Choice({label, value, options, onChange}:
    {label: string; value: string; options: readonly Option[]; onChange: (value: string) => void}) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div>
        {options.map((option) => (
          <label key={option.value} class={option.value === value ? 'chosen' : ''}>
            <input type="radio" name={name} value={option.value} checked={option.value === value}
              onChange={() => onChange(option.value)} />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const kMarks: Record<string, string> = {
  correct: '✓', wrong: '✗', error: '!', unanswered: '∅', unparsable: '?', rated: '★', ungraded: '·',
};

/** The verdict by sign and word, so that it does not hang on colour. */
export function VerdictMark({verdict, short = false}: {verdict: string; short?: boolean}) {
  const name = enumName(verdict, 'VERDICT_') || 'ungraded';
  return (
    <span class={`verdict ${name}`} title={short ? name : undefined}>
      <span aria-hidden="true">{kMarks[name] ?? '·'}</span>
      <span class={short ? 'hidden' : ''}> {name}</span>
    </span>
  );
}

export function StateBadge({state, paused = false}: {state: string; paused?: boolean}) {
  const name = paused ? 'paused' : enumName(state, 'STATE_');
  return <span class={`badge ${name}`}>{name}</span>;
}

export function Bar({done, of, label}: {done: number; of: number; label: string}) {
  const share = of > 0 ? Math.min(1, done / of) : 0;
  return (
    <div class="bar" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)}>
      <div style={{width: `${share * 100}%`}} />
    </div>
  );
}

/** A part that scrolls sideways can be reached by the keyboard. */
export function Scrolling({label, children, className = ''}: {label: string; children: ComponentChildren; className?: string}) {
  return <div class={`scrolling ${className}`} role="region" aria-label={label} tabIndex={0}>{children}</div>;
}

export function CopyButton({label, text}: {label: string; text: () => string}) {
  const [said, setSaid] = useState('');
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    setSaid(await copyText(text()) ? 'Copied' : 'The browser does not let the page copy');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaid(''), 2500);
  };
  return (
    <span class="copy">
      <button type="button" onClick={() => void copy()}>{label}</button>
      <span role="status">{said}</span>
    </span>
  );
}

/** The clipboard is only for pages of this machine or over TLS; a selection can be copied everywhere. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied;
  }
}
