// A part of a very long list, read in pages by key, and where it lies in a box that scrolls over the whole list.
//
// The rows that are there are contiguous. What lies before and behind them is only as high as it is thought to be, so that the
// scroll bar tells the place in the list; a scroll far away from them reads the rows from the item that lies there. A list that
// would be higher than browsers allow is squeezed: the place is then put right whenever scrolling pauses, under the same rows.
export interface Keyed {
  item_ordinal: string;
  sample_index: number;
}

export interface Place {
  token?: string;
  fromOrdinal?: number;
  backwards?: boolean;
}

export interface KeysetPage<T> {
  rows: T[];
  previous: string;
  next: string;
  searched: number;
}

export interface Source<T> {
  /** Of the whole list's items. */
  first: number;
  last: number;
  /** Rows of the whole list; NaN where a filter leaves an unknown part of them. */
  total: number;
  /** Rows that a search has to look at; absent where there is no filter that has to search. */
  whole?: number;
  fetch(place: Place, signal: AbortSignal): Promise<KeysetPage<T>>;
}

const kMostPixels = 4_000_000;  // browsers end between 17 and 33 million
const kMostRows = 2000;
const kFewRows = 60;  // fewer than these of a page that a filter made short are added to
const kJumpDelay = 90;
const kPause = 180;

export class KeysetWindow<T extends Keyed> {
  top = 0;
  height = 0;
  loading = true;
  /** Rows that were looked at since the list was opened. */
  searched = 0;
  error: Error | undefined;
  private pages: KeysetPage<T>[] = [];
  private all: T[] = [];
  private busy: AbortController | undefined;
  private shift = 0;
  private scroll = 0;
  private viewport = 600;
  private jumpTimer = 0;
  private pauseTimer = 0;

  constructor(private readonly source: Source<T>, private readonly rowHeight: number, private readonly onChange: () => void) {}

  get rows(): readonly T[] {
    return this.all;
  }

  get isAtEnd(): boolean {
    return this.pages.length > 0 && this.pages[this.pages.length - 1]!.next === '';
  }

  /** How far the box has to be scrolled so that the rows stay where they are seen; 0 from then on. */
  takeShift(): number {
    const shift = this.shift;
    this.shift = 0;
    return shift;
  }

  open(fromOrdinal?: number): void {
    void this.load(fromOrdinal === undefined ? {} : {fromOrdinal}, (page) => this.replace(page, undefined));
  }

  toEnd(): void {
    void this.load({backwards: true}, (page) => this.replace(page, 'end'));
  }

  close(): void {
    this.busy?.abort();
    clearTimeout(this.jumpTimer);
    clearTimeout(this.pauseTimer);
  }

  retry(): void {
    this.error = undefined;
    if (this.pages.length === 0) {
      this.open();
    } else {
      this.onScroll(this.scroll, this.viewport);
    }
    this.onChange();
  }

  onScroll(scroll: number, viewport: number): void {
    this.scroll = scroll;
    this.viewport = viewport;
    clearTimeout(this.pauseTimer);
    this.pauseTimer = setTimeout(() => this.settle(), kPause);
    this.fill();
  }

  private get bottom(): number {
    return this.top + this.all.length * this.rowHeight;
  }

  private get previous(): string {
    return this.pages[0]?.previous ?? '';
  }

  private get next(): string {
    return this.pages[this.pages.length - 1]?.next ?? '';
  }

  /** Rows of the whole list, by those that are there where nobody knows. */
  private get estimatedRows(): number {
    if (!Number.isNaN(this.source.total)) return this.source.total;
    const ordinals = this.source.last - this.source.first + 1;
    const seen = this.all.length < 2 ? 1 : Number(this.all[this.all.length - 1]!.item_ordinal) - Number(this.all[0]!.item_ordinal) + 1;
    return Math.max(this.all.length, (this.all.length / seen) * ordinals);
  }

  private get squeezed(): boolean {
    return this.estimatedRows * this.rowHeight > kMostPixels;
  }

  private get estimatedHeight(): number {
    return Math.max(this.viewport, Math.min(kMostPixels, this.estimatedRows * this.rowHeight));
  }

  private share(row: T): number {
    return (Number(row.item_ordinal) - this.source.first) / Math.max(1, this.source.last - this.source.first + 1);
  }

  private fill(): void {
    if (this.pages.length === 0 || this.error) return;
    const [from, to] = [this.scroll, this.scroll + this.viewport];
    const before = to < this.top - this.viewport && this.previous;
    const behind = from > this.bottom + this.viewport && this.next;
    if (before || behind) {
      clearTimeout(this.jumpTimer);
      this.jumpTimer = setTimeout(() => this.jump(), kJumpDelay);
      return;
    }
    if (this.busy) return;
    const margin = Math.max(1.5 * this.viewport, 40 * this.rowHeight);
    if (from < this.top + margin && this.previous) {
      void this.load({token: this.previous, backwards: true}, (page) => this.prepend(page));
    } else if (to > this.bottom - margin && this.next) {
      void this.load({token: this.next}, (page) => this.append(page));
    }
  }

  private jump(): void {
    const share = this.scroll / Math.max(1, this.height - this.viewport);
    if (share >= 1) {
      this.toEnd();
      return;
    }
    const ordinal = this.source.first + Math.floor(share * (this.source.last - this.source.first + 1));
    const scroll = this.scroll;
    void this.load({fromOrdinal: ordinal}, (page) => this.replace(page, scroll));
  }

  private async load(place: Place, use: (page: KeysetPage<T>) => void): Promise<void> {
    this.busy?.abort();
    const abort = new AbortController();
    this.busy = abort;
    this.loading = true;
    this.error = undefined;
    try {
      const page = await this.fetchEnough(place, abort.signal);
      if (abort.signal.aborted) return;
      use(page);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.error = error as Error;
    }
    this.busy = undefined;
    this.loading = false;
    this.onChange();
    this.fill();
  }

  /** A filter makes pages short, or empty: goes on until there is something to be seen. */
  private async fetchEnough(place: Place, signal: AbortSignal): Promise<KeysetPage<T>> {
    let page = await this.source.fetch(place, signal);
    this.searched += page.searched;
    const way = place.backwards ? 'previous' : 'next';
    while (page.rows.length < kFewRows && page[way] && !signal.aborted) {
      this.onChange();
      const more = await this.source.fetch({token: page[way], ...(place.backwards && {backwards: true})}, signal);
      this.searched += more.searched;
      page = place.backwards ?
        {rows: [...more.rows, ...page.rows], previous: more.previous, next: page.next || more.next, searched: 0} :
        {rows: [...page.rows, ...more.rows], previous: page.previous, next: more.next, searched: 0};
    }
    return page;
  }

  /** `at`: where the first row is to be seen; 'end': the last one at the end; else where its item lies. */
  private replace(page: KeysetPage<T>, at: number | 'end' | undefined): void {
    if (page.rows.length === 0 && page.previous && at !== 'end') {
      // Nothing from here on: the list ends before.
      setTimeout(() => this.toEnd(), 0);
      return;
    }
    this.pages = [page];
    this.all = page.rows;
    this.height = this.estimatedHeight;
    const rowsHeight = page.rows.length * this.rowHeight;
    if (!page.previous) {
      this.place(0);
    } else if (at === 'end' || !page.next) {
      this.place(Math.max(0, this.height - rowsHeight));
    } else {
      this.place(at ?? this.share(page.rows[0]!) * (this.height - this.viewport));
    }
    if (at === undefined || at === 'end') this.shift = (at === 'end' ? this.height - this.viewport : this.top) - this.scroll;
    this.endAtLastRow();
  }

  private place(top: number): void {
    this.top = top;
    this.height = Math.max(this.height, top + this.all.length * this.rowHeight);
  }

  private append(page: KeysetPage<T>): void {
    this.pages.push(page);
    while (this.pages.length > 2 && this.all.length + page.rows.length > kMostRows) {
      const dropped = this.pages.shift()!;
      this.all = this.all.slice(dropped.rows.length);
      this.top += dropped.rows.length * this.rowHeight;
    }
    this.all = [...this.all, ...page.rows];
    if (this.squeezed && this.bottom > kMostPixels) {
      this.settle();
    } else {
      this.height = Math.max(this.height, this.bottom + (this.next ? this.viewport : 0));
    }
    this.endAtLastRow();
  }

  private prepend(page: KeysetPage<T>): void {
    this.pages.unshift(page);
    while (this.pages.length > 2 && this.all.length + page.rows.length > kMostRows) {
      const dropped = this.pages.pop()!;
      this.all = this.all.slice(0, this.all.length - dropped.rows.length);
    }
    this.all = [...page.rows, ...this.all];
    this.top -= page.rows.length * this.rowHeight;
    if (!this.previous) {
      this.move(-this.top);
    } else if (this.top < this.viewport) {
      this.move(2 * this.viewport - this.top);
    }
  }

  /** Moves the rows and the scroll alike. */
  private move(by: number): void {
    if (by === 0) return;
    this.top += by;
    this.height += by;
    this.shift += by;
    this.scroll += by;
    this.endAtLastRow();
  }

  private endAtLastRow(): void {
    if (this.isAtEnd) this.height = Math.max(this.bottom, 1);
  }

  /** Puts a squeezed list's rows where they belong in the whole list. */
  private settle(): void {
    // Rows that are not seen would take the scroll away from where it went.
    const seen = this.scroll < this.bottom && this.scroll + this.viewport > this.top;
    if (!this.squeezed || !seen || !this.previous || !this.next) return;
    const index = Math.min(this.all.length - 1, Math.max(0, Math.floor((this.scroll - this.top) / this.rowHeight)));
    this.height = kMostPixels;
    const by = this.share(this.all[index]!) * (this.height - this.viewport) - this.scroll;
    if (Math.abs(by) < this.viewport / 2) return;
    this.top += by;
    this.shift += by;
    this.scroll += by;
    this.onChange();
  }
}
