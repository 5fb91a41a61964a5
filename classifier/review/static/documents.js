// The documents of the review in their order, and the dialog that lists them.

import { make } from "./blocks.js";
import { get } from "./saving.js";

const MOST_SHOWN = 1000;

export class Documents {
  constructor(open) {
    Object.assign(this, { open, all: [], byKey: new Map(), visited: [], at: -1, isComplete: false, told: null });
    this.dialog = document.getElementById("documents");
    this.box = document.getElementById("documents-list");
    this.box.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      event.preventDefault();
      this.dialog.close();
      open(button.dataset.key);
    });
  }

  async start(key, change, tellEmpty) {
    for (;;) {
      try {
        await this.refresh();
        if (this.at < 0 && this.all.length) await this.open(this.byKey.has(key) ? key : this.next());
        change();
        if (this.isComplete && !this.all.length) tellEmpty(this.told.complaint ?? "No document with text in the inputs.");
        if (this.isComplete && (this.at >= 0 || !this.all.length)) return;
      } catch {
        // the server is not there: the saving line says so
      }
      await new Promise((done) => setTimeout(done, 1000));
    }
  }

  async refresh() {
    this.told = await get("documents");
    this.all = this.told.documents;
    this.isComplete = this.told.is_complete;
    this.byKey = new Map(this.all.map((entry) => [entry.key, entry]));
  }

  // the least certain document that nobody is done with
  next() {
    if (this.at >= 0 && this.at < this.visited.length - 1) return this.visited[this.at + 1];
    const seen = new Set(this.visited);
    const open = this.all.find((entry) => !entry.is_finished && !seen.has(entry.key));
    return (open ?? (this.visited.length ? null : this.all[0]))?.key ?? null;
  }

  previous() {
    return this.at > 0 ? this.visited[this.at - 1] : null;
  }

  opened(key) {
    if (this.visited[this.at + 1] === key) this.at++;
    else if (this.at > 0 && this.visited[this.at - 1] === key) this.at--;
    else if (this.visited[this.at] !== key) {
      this.visited.splice(this.at + 1, Infinity, key);
      this.at++;
    }
  }

  finished(key) {
    const entry = this.byKey.get(key);
    if (entry && entry.n_given) entry.is_finished = true;
  }

  counted(key, n) {
    const entry = this.byKey.get(key);
    if (entry) entry.n_given = n;
  }

  place(key) {
    const n = this.all.filter((entry) => entry.is_finished).length;
    const more = this.isComplete ? "" : "+";
    return `${n.toLocaleString()} of ${this.all.length.toLocaleString()}${more} documents done`;
  }

  async show(current) {
    await this.refresh().catch(() => {});
    const rows = this.all.slice(0, MOST_SHOWN).map((entry) => {
      const button = make("button");
      button.type = "button";
      button.dataset.key = entry.key;
      button.setAttribute("aria-current", entry.key === current);
      const state = entry.is_finished ? "✓ done" : entry.n_given ? `${entry.n_given} of ${entry.n_blocks}` : `${entry.n_blocks} blocks`;
      button.append(make("span", "", entry.id), make("span", "quiet", `${state} · doubt ${entry.doubt.toFixed(1)}`));
      const item = make("li");
      item.append(button);
      return item;
    });
    this.box.replaceChildren(...rows);
    const parts = [`${this.all.length.toLocaleString()} documents`];
    if (this.all.length > MOST_SHOWN) parts.push(`the first ${MOST_SHOWN.toLocaleString()} are listed`);
    if (this.told?.n_left_out) parts.push(`${this.told.n_left_out.toLocaleString()} more certain ones left out`);
    if (!this.isComplete) parts.push("still reading");
    if (this.told?.complaint) parts.push(this.told.complaint);
    document.getElementById("documents-text").textContent = parts.join("; ");
    this.dialog.showModal();
    (this.box.querySelector("[aria-current=true]") ?? this.box.querySelector("button"))?.focus();
  }
}
