// Labels of a page whose server was started anew. The new server has another token, so that page can save nothing
// any more: it leaves its labels in the browser's storage, which pages of one port share, and a page of the new
// server saves them. A label is removed from there when it is on disk.

const PREFIX = "denag unsaved ";

export class Handover {
  // names: of the labels; another page's server may number them otherwise
  constructor(names) {
    const own = `${PREFIX}${Date.now()} ${crypto.randomUUID()} `;
    Object.assign(this, { names, own, n: 0, left: new Map(), taken: () => {} });
    addEventListener("storage", ({ key, newValue }) => {
      const item = [...this.left.keys()].find((one) => this.left.get(one) === key);
      if (!item || newValue !== null) return;
      this.left.delete(item);
      this.taken(item);
    });
  }

  holds(item) {
    return this.left.has(item);
  }

  leave(queue) {
    try {
      for (const item of queue) {
        if (this.holds(item)) continue;
        const key = this.own + `${this.n++}`.padStart(9, "0");
        const changes = item.body.changes?.map(([first, last, ...labels]) => [first, last, ...labels.map((i) => this.names[i] ?? null)]);
        localStorage.setItem(key, JSON.stringify({ key: item.key, what: item.what, body: changes ? { changes } : {} }));
        this.left.set(item, key);
      }
    } catch {
      // no storage, or no room: the page holds them still, and asks before it is closed
    }
  }

  // save what other pages left for documents that are known here; how many, and how many are left
  async take(isKnown, send) {
    const told = { n: 0, nLeft: 0 };
    if (!this.keys().length) return told;
    await navigator.locks.request(PREFIX, async () => {
      for (const key of this.keys()) {
        const item = this.read(key);
        if (item && isKnown(item.key) && (await send(item))) {
          localStorage.removeItem(key);
          told.n++;
        } else told.nLeft++;
      }
    });
    return told;
  }

  keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX) && !key.startsWith(this.own)).sort();
    } catch {
      return [];
    }
  }

  read(key) {
    try {
      const { key: page, what, body } = JSON.parse(localStorage.getItem(key));
      const number = (name) => (name === null ? null : this.names.indexOf(name));
      const changes = body.changes?.map(([first, last, label, expected]) => [first, last, number(label), number(expected)]);
      if (changes?.flat().includes(-1)) return null; // a label that this review does not offer
      return { key: page, what: what === "finished" ? what : "labels", body: changes ? { changes } : {} };
    } catch {
      return null;
    }
  }
}
