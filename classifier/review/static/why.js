// The panel that says why a block got its label.

import { make } from "./blocks.js";
import { get } from "./saving.js";

const AT_ONCE = 40;
const PLACES = {
  text: "its own words", surroundings: "words near it", layout: "its elements",
  shape: "its length and form", position: "its place", "whole document": "the whole document",
  "neighbour +1": "the next block", "neighbour -1": "the block before", "blocks of the same kind": "blocks like it",
};

const REST_MS = 600; // a reader who goes on before that is not held up
const MOST_SAID = 3;

export class Why {
  // voice: the element whose text screen readers say
  constructor(element, voice, names) {
    Object.assign(this, { element, voice, names, wanted: "", said: "", pending: new Map(), timer: 0 });
  }

  // isPointed: under the pointer only, which is shown and not said
  async show(doc, i, isPointed = false) {
    if (!isPointed) this.sayOnceAtRest(doc, i);
    this.wanted = `${doc.key} ${i}`;
    const key = this.wanted;
    const first = Math.floor(i / AT_ONCE) * AT_ONCE;
    if (!doc.reasons.has(first)) {
      this.draw(doc, i, null);
      const id = `${doc.key} ${first}`;
      if (!this.pending.has(id)) this.pending.set(id, get(`documents/${doc.key}/reasons?first=${first}`));
      try {
        doc.reasons.set(first, (await this.pending.get(id)).reasons);
      } catch (error) {
        if (this.wanted === key) this.element.append(make("p", "quiet", `No reasons: ${error.message}`));
        return;
      } finally {
        this.pending.delete(id);
      }
    }
    if (this.wanted === key) this.draw(doc, i, doc.reasons.get(first)[i - first]);
  }

  sayOnceAtRest(doc, i) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const first = Math.floor(i / AT_ONCE) * AT_ONCE;
      const reasons = doc.reasons.get(first)?.[i - first];
      if (this.pending.has(`${doc.key} ${first}`)) return this.sayOnceAtRest(doc, i);
      if (!reasons || this.said === `${doc.key} ${i}`) return;
      const parts = reasons.context.slice(0, MOST_SAID).map(([name, value]) => `${place(name)} ${signed(value)}`);
      const words = reasons.words.slice(0, MOST_SAID).map(([name]) => name.replaceAll("⏎", " "));
      const told = [parts.join(", "), words.length ? `words: ${words.join(", ")}` : ""].filter(Boolean).join("; ");
      const text = `Why ${this.names[reasons.label]}: ${told || "nothing speaks loudly"}`;
      this.voice.textContent = text;
      this.said = `${doc.key} ${i}`;
    }, REST_MS);
  }

  draw(doc, i, reasons) {
    const label = doc.labels[i];
    const head = make("div", "verdict");
    head.dataset.label = label;
    head.append(make("p", "quiet", `Block ${(i + 1).toLocaleString()} of ${doc.n.toLocaleString()}. The model says`));
    const said = make("p");
    said.append(make("strong", "", this.names[label]), ` at ${(doc.scores[i] / 1000).toFixed(2)}`);
    head.append(said);
    if (doc.given[i] >= 0) head.append(make("p", "", `You say ${this.names[doc.given[i]].toLowerCase()}.`));
    if (reasons) head.append(make("p", "quiet", `Log odds over ${reasons.rival.replaceAll("_", " ")}: ${signed(reasons.margin)}, of which ${signed(reasons.base)} for any block`));
    const parts = [head];
    if (reasons) {
      const context = reasons.context.map(([name, value]) => [place(name), value]);
      for (const [title, rows] of [["What speaks for it, and against", context], ["Its words", reasons.words], ["Names of its elements", reasons.names]]) {
        if (rows.length) parts.push(...this.section(title, rows, label));
      }
    } else parts.push(make("p", "quiet", "Looking…"));
    this.element.replaceChildren(...parts);
  }

  section(title, rows, label) {
    const largest = Math.max(...rows.map(([, value]) => Math.abs(value)));
    const box = make("div");
    box.dataset.label = label;
    for (const [name, value] of rows) {
      const part = make("div", value < 0 ? "part against" : "part");
      const shown = make("span", "", name.replaceAll("⏎", "¶"));
      shown.title = name;
      const track = make("span", "track");
      const bar = make("i");
      bar.style.setProperty("--size", Math.abs(value) / largest);
      track.setAttribute("aria-hidden", "true");
      track.append(bar);
      part.append(shown, make("span", "value", signed(value)), track);
      box.append(part);
    }
    return [make("h3", "", title), box];
  }
}

function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

function place(name) {
  const [, distance] = name.match(/^neighbour ([+-]\d)$/) ?? [];
  if (PLACES[name]) return PLACES[name];
  if (distance) return distance > 0 ? `${distance.slice(1)} blocks on` : `${distance.slice(1)} blocks before`;
  return name.replace(/^stretch ±(\d+)$/, "$1 blocks around");
}
