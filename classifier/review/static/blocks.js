// The list of blocks. Only chunks near the window have rows; the others are empty boxes of about their height,
// so that a document of 100,000 blocks scrolls like one of a hundred. Text is set as text, never as markup.

const CHUNK = 50;
const MAX_CHARS = 3000;

export class BlockList {
  constructor(element, names) {
    Object.assign(this, { element, names, doc: null, chunks: [], active: 0, anchor: null, isReading: false });
    this.observer = new IntersectionObserver((entries) => this.seen(entries), { root: element, rootMargin: "1500px 0px" });
  }

  show(doc) {
    this.observer.disconnect();
    this.doc = doc;
    this.anchor = null;
    this.active = 0;
    this.chunks = [];
    const all = document.createDocumentFragment();
    for (let first = 0; first < doc.n; first += CHUNK) {
      const box = document.createElement("div");
      box.className = "chunk";
      box.setAttribute("role", "none");
      const chunk = { box, first, last: Math.min(first + CHUNK, doc.n) - 1, rows: null };
      box.chunk = chunk;
      this.chunks.push(chunk);
      all.append(box);
    }
    this.element.replaceChildren(all);
    this.element.scrollTop = 0;
    this.estimate();
    for (const chunk of this.chunks) this.observer.observe(chunk.box);
  }

  // heights of the boxes that have no rows
  estimate() {
    const perLine = Math.max(20, (this.element.clientWidth - 200) / 16);
    for (const chunk of this.chunks) {
      if (chunk.rows) continue;
      let height = 0;
      for (let i = chunk.first; i <= chunk.last; i++) {
        if (!this.isShown(i)) continue;
        height += Math.max(34, 12 + 21 * Math.ceil(Math.min(MAX_CHARS, this.doc.texts[i].length) / perLine));
      }
      chunk.box.style.height = `${height}px`;
    }
  }

  seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const chunk = target.chunk;
      if (isIntersecting) this.fill(chunk);
      else if (chunk.rows && !(this.active >= chunk.first && this.active <= chunk.last)) this.empty(chunk);
    }
  }

  fill(chunk) {
    if (chunk.rows) return;
    chunk.rows = [];
    for (let i = chunk.first; i <= chunk.last; i++) chunk.rows.push(this.row(i));
    chunk.box.style.height = "";
    chunk.box.replaceChildren(...chunk.rows);
  }

  empty(chunk) {
    chunk.box.style.height = `${chunk.box.offsetHeight}px`;
    chunk.rows = null;
    chunk.box.replaceChildren();
  }

  row(i) {
    const row = make("div", "row");
    row.id = `b${i}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-posinset", i + 1);
    row.setAttribute("aria-setsize", this.doc.n);
    const tag = make("div", "tag");
    tag.append(make("span", "name"), make("span", "more"));
    const source = make("div", "source");
    source.dir = "auto";
    fillText(source, this.doc.texts[i]);
    row.append(tag, source, make("div", "kept"));
    this.paint(row, i);
    return row;
  }

  // all of a row that changes with labels, dial and choice
  paint(row, i) {
    const { doc } = this;
    const label = doc.label(i);
    const isGiven = doc.given[i] >= 0;
    const isKept = doc.kept(i);
    const [tag, source, kept] = row.children;
    const score = (doc.scores[i] / 1000).toFixed(2);
    row.dataset.label = label;
    row.classList.toggle("given", isGiven);
    row.classList.toggle("dropped", !isKept);
    const number = make("b", "", `${label + 1}`);
    tag.firstChild.replaceChildren(number, this.names[label]);
    tag.lastChild.textContent = isGiven ? (doc.labels[i] === label ? "✓ you" : "✎ you") : score;
    tag.title = isGiven ? `The model said ${this.names[doc.labels[i]].toLowerCase()} at ${score}` : "";
    source.style.setProperty("--weight", isGiven ? 1 : Math.max(0.12, (doc.scores[i] - 150) / 850));
    if (isKept === kept.classList.contains("gone") || !kept.firstChild) {
      kept.classList.toggle("gone", !isKept);
      kept.dir = isKept ? "auto" : "ltr";
      if (isKept) fillText(kept, doc.texts[i]);
      else kept.textContent = "dropped";
    }
    this.mark(row, i);
    const who = isGiven ? "labelled by you" : `${Math.round(doc.scores[i] / 10)} percent`;
    row.setAttribute("aria-label", `${this.names[label]}, ${who}, ${isKept ? "kept" : "dropped"}: ${doc.texts[i].slice(0, 400)}`);
  }

  mark(row, i) {
    const [first, last] = this.chosen();
    const isChosen = i >= first && i <= last;
    row.classList.toggle("active", i === this.active);
    row.classList.toggle("chosen", isChosen && first !== last);
    row.setAttribute("aria-selected", isChosen);
  }

  repaint(first = 0, last = this.doc.n - 1, onlyMarks = false) {
    for (const chunk of this.chunks) {
      if (!chunk.rows || chunk.last < first || chunk.first > last) continue;
      for (let i = Math.max(first, chunk.first); i <= Math.min(last, chunk.last); i++) {
        if (onlyMarks) this.mark(chunk.rows[i - chunk.first], i);
        else this.paint(chunk.rows[i - chunk.first], i);
      }
    }
  }

  chosen() {
    const other = this.anchor ?? this.active;
    return [Math.min(other, this.active), Math.max(other, this.active)];
  }

  // make a block the active one and bring it into view
  go(i, { extend = false } = {}) {
    if (!this.doc.n) return;
    const before = this.chosen();
    const from = this.active;
    this.anchor = extend ? this.anchor ?? this.active : null;
    const wanted = Math.max(0, Math.min(this.doc.n - 1, i));
    this.active = this.shown(wanted, 1) ?? this.shown(wanted, -1) ?? wanted;
    const at = Math.floor(this.active / CHUNK);
    for (const chunk of this.chunks.slice(Math.max(0, at - 1), at + 2)) this.fill(chunk);
    const after = this.chosen();
    this.repaint(Math.min(before[0], after[0]), Math.max(before[1], after[1]), true);
    if (this.isShown(this.active)) this.element.setAttribute("aria-activedescendant", `b${this.active}`);
    else this.element.removeAttribute("aria-activedescendant"); // nothing is kept of the document
    const row = this.rowOf(this.active);
    row.scrollIntoView({ block: Math.abs(this.active - from) > CHUNK ? "center" : "nearest" });
  }

  rowOf(i) {
    const chunk = this.chunks[Math.floor(i / CHUNK)];
    return chunk?.rows?.[i - chunk.first] ?? null;
  }

  indexAt(target) {
    const row = target instanceof Element ? target.closest(".row") : null;
    return row && this.element.contains(row) ? Number(row.id.slice(1)) : null;
  }

  setReading(isReading) {
    this.isReading = isReading;
    this.element.classList.toggle("reading", isReading);
    this.estimate();
    this.go(this.active);
  }

  isShown(i) {
    return !this.isReading || this.doc.kept(i);
  }

  // block i, or the first one from there on that is not hidden; null where there is none
  shown(i, by) {
    while (i >= 0 && i < this.doc.n) {
      if (this.isShown(i)) return i;
      i += by;
    }
    return null;
  }
}

export function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function fillText(element, text) {
  element.textContent = text.length > MAX_CHARS ? text.slice(0, MAX_CHARS) : text;
  if (text.length > MAX_CHARS) {
    element.append(make("span", "cut", ` … and ${(text.length - MAX_CHARS).toLocaleString()} characters more`));
  }
}
