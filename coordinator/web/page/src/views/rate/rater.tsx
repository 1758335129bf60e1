// One answer, or a pair, to be rated: by mouse or finger, or by keys alone.
import {useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState} from 'preact/hooks';

import {ApiError, get, post} from '../../api/client';
import type {Rating, RatingTask} from '../../api/types';
import {integer, numberOf} from '../../format';
import {Bar, ErrorNotice, Loading} from '../../ui/parts';

const kPeriod = 30_000;
/** The keys below the digits, whatever letters a layout has there: they rate the answer on the right. */
const kRightKeys = ['KeyQ', 'KeyW', 'KeyE', 'KeyR', 'KeyT'];

interface Place {
  answer: string;
  criterion: string;
}

function placesOf(task: RatingTask): Place[] {
  return task.answers.flatMap(({answer}) => task.criteria.map(({name}) => ({answer, criterion: name})));
}

function keyOf(place: Place): string {
  return `${place.answer}/${place.criterion}`;
}

export function Rater({token}: {token: string}) {
  const [task, setTask] = useState<RatingTask>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const [moved, setMoved] = useState(false);

  const take = async (request: () => Promise<RatingTask>) => {
    setBusy(true);
    setError(undefined);
    setMoved(false);
    try {
      setTask(await request());
    } catch (failure) {
      const isGone = failure instanceof ApiError && failure.code === 'NOT_FOUND';
      setMoved(isGone);
      if (isGone) {
        setTask(await get<RatingTask>('ratings/task', {}, {token}).catch(() => undefined));
      } else {
        setError(failure as Error);
      }
    }
    setBusy(false);
  };
  const next = () => take(() => get<RatingTask>('ratings/task', {}, {token}));
  const undo = () => take(() => post<RatingTask>('ratings/undo', {}, {token}));
  const submit = (ratings: Rating[], seconds: number) =>
    take(() => post<RatingTask>('ratings/task', {task: task!.task, ratings, seconds}, {token}));
  useEffect(() => void next(), [token]);
  // Others may leave something undone.
  const waits = task?.finished === true && !task.closed;
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && void next(), kPeriod);
    return () => clearInterval(timer);
  }, [waits, token]);

  const done = numberOf(task?.done);
  const total = numberOf(task?.total);
  return (
    <div class={(task?.answers.length ?? 0) > 1 ? 'rater pair' : 'rater'}>
      <div class="title">
        <h1>Rate</h1>
        {task && <p class="hint">{task.campaign}: {integer(done)} of {integer(total)} done</p>}
      </div>
      {task && <Bar done={done} of={total} label="What is rated" />}
      {error && (error instanceof ApiError && error.code === 'UNAUTHENTICATED' ?
        <div class="notice error" role="alert"><p><strong>This link is not valid.</strong> Ask whoever sent it for a new one.</p></div> :
        <ErrorNotice error={error} onRetry={() => void next()} />)}
      {moved && <div class="notice" role="status"><p>That task has gone to another rater in the meantime. Here is the next.</p></div>}
      {!task && !error && <Loading what="the next answer" />}
      {task && (task.finished || task.closed ?
        <Finished task={task} busy={busy} onUndo={() => void undo()} /> :
        <Task key={task.task} task={task} busy={busy} onSubmit={(ratings, seconds) => void submit(ratings, seconds)}
          onUndo={() => void undo()} />)}
    </div>
  );
}

function Finished({task, busy, onUndo}: {task: RatingTask; busy: boolean; onUndo: () => void}) {
  return (
    <div class="notice" role="status">
      <p><strong>{task.closed ? 'The campaign is closed.' : 'All is rated. Thank you.'}</strong></p>
      {!task.closed && <p>You may close the page.</p>}
      {task.can_undo && !task.closed && <button type="button" disabled={busy} onClick={onUndo}>Back to the last one</button>}
    </div>
  );
}

interface TaskProperties {
  task: RatingTask;
  busy: boolean;
  onSubmit: (ratings: Rating[], seconds: number) => void;
  onUndo: () => void;
}

function Task({task, busy, onSubmit, onUndo}: TaskProperties) {
  const isPair = task.answers.length > 1;
  const places = useMemo(() => placesOf(task), [task]);
  // Keys may come faster than the page is drawn.
  const now = useRef({given: new Map(task.ratings.map((rating) => [keyOf(rating), rating.rating])), current: 0});
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  const started = useRef(Date.now());
  const box = useRef<HTMLDivElement>(null);
  const isComplete = () => places.every((place) => now.current.given.has(keyOf(place)));
  const moveTo = (index: number) => {
    now.current.current = Math.max(0, Math.min(places.length - 1, index));
    redraw();
  };

  useEffect(() => {
    box.current?.focus({preventScroll: true});
    scrollTo({top: 0});
  }, []);

  const give = (index: number, rating: number) => {
    const {given} = now.current;
    given.set(keyOf(places[index]!), rating);
    const open = places.findIndex((place) => !given.has(keyOf(place)));
    moveTo(open >= 0 ? open : index);
  };
  /** Where a key of that side goes: what is marked there, or its first open criterion, or its last. */
  const placeOn = (side: number): number => {
    const {given, current} = now.current;
    const {answer} = task.answers[side]!;
    if (places[current]!.answer === answer) return current;
    const open = places.findIndex((place) => place.answer === answer && !given.has(keyOf(place)));
    return open >= 0 ? open : places.findIndex((place) => place.answer === answer && place.criterion === places[current]!.criterion);
  };
  const submit = () => {
    if (!isComplete() || busy) return;
    const ratings = places.map((place) => ({...place, rating: now.current.given.get(keyOf(place))!}));
    onSubmit(ratings, (Date.now() - started.current) / 1000);
  };

  // With the drawing itself, not after it: a key that comes as soon as the answer is seen counts.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const on = event.target as Element;
      if (event.ctrlKey || event.metaKey || event.altKey || on.closest('input:not([type=radio]), textarea, select, header')) return;
      const most = task.criteria[0]?.levels.length ?? 5;
      const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
      const level = digit ? Number(digit[1]) : Number(event.key);
      const right = kRightKeys.indexOf(event.code) + 1;
      if (isPair && (right > 0 || event.shiftKey) && (right || level) >= 1 && (right || level) <= most) {
        give(placeOn(1), right || level);
      } else if (level >= 1 && level <= most) {
        give(isPair ? placeOn(0) : now.current.current, level);
      } else if (event.key === 'Enter' && !on.closest('button, a, summary')) {
        submit();
      } else if ((event.key === 'u' || event.key === 'Backspace') && task.can_undo && !busy) {
        onUndo();
      } else if (event.key === 'j' || event.key === 'k') {
        moveTo(now.current.current + (event.key === 'j' ? 1 : -1));
      } else {
        return;
      }
      event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  });

  return (
    <div ref={box} tabIndex={-1} class="task">
      <h2>Task{task.category && <span class="faint"> · {task.category}</span>}</h2>
      <pre class="text">{task.prompt}</pre>
      <div class={isPair ? 'sides' : ''}>
        {task.answers.map((answer, side) => (
          <section key={answer.answer} class="side" aria-label={isPair ? `Answer ${'AB'[side]}` : 'Answer'}>
            <h2>{isPair ? `Answer ${'AB'[side]}` : 'Answer'}</h2>
            {answer.text ? <pre class="text" tabIndex={isPair ? 0 : undefined}>{answer.text}</pre> : <p class="hint">The answer is empty.</p>}
            {task.criteria.map((criterion) => {
              const index = places.findIndex((place) => place.answer === answer.answer && place.criterion === criterion.name);
              return (
                <Scale key={criterion.name} name={criterion.name} question={criterion.question} levels={criterion.levels}
                  value={now.current.given.get(keyOf(places[index]!))} isCurrent={index === now.current.current}
                  onFocus={() => moveTo(index)} onChange={(rating) => give(index, rating)} />
              );
            })}
          </section>
        ))}
      </div>
      <div class="controls submit">
        <button type="button" class="primary" disabled={!isComplete() || busy} onClick={submit}>Next</button>
        <button type="button" disabled={!task.can_undo || busy} onClick={onUndo}>Back to the last one</button>
        <p class="hint keys">
          Keys: <kbd>1</kbd> to <kbd>5</kbd> rate{isPair && <> the left, <kbd>Q</kbd> to <kbd>T</kbd> or <kbd>Shift</kbd> <kbd>1</kbd> to <kbd>5</kbd> the
          right</>}, <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> next, <kbd>u</kbd> back.
        </p>
      </div>
    </div>
  );
}

interface ScaleProperties {
  name: string;
  question: string;
  levels: string[];
  value: number | undefined;
  isCurrent: boolean;
  onFocus: () => void;
  onChange: (rating: number) => void;
}

function Scale({name, question, levels, value, isCurrent, onFocus, onChange}: ScaleProperties) {
  const group = useRef(`scale-${Math.random()}`);
  return (
    <fieldset class={`scale ${isCurrent ? 'current' : ''}`} onFocusIn={onFocus}>
      <legend><strong>{name}</strong> {question}</legend>
      <div>
        {levels.map((level, index) => (
          <label key={level} class={value === index + 1 ? 'chosen' : ''}>
            <input type="radio" name={group.current} checked={value === index + 1} onChange={() => onChange(index + 1)} />
            <b>{index + 1}</b> {level}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
