// One document as columns, and what people said of it.

export class Doc {
  constructor(data) {
    this.key = data.key;
    this.id = data.id;
    this.url = data.url;
    this.texts = data.texts;
    this.n = data.texts.length;
    this.labels = Uint8Array.from(data.labels, Number);
    this.scores = Uint16Array.from(data.scores);
    this.dropped = Uint32Array.from(data.dropped);
    this.given = new Int8Array(this.n).fill(-1);
    this.nGiven = 0;
    this.dial = 0;
    this.sequence = data.sequence;
    this.reasons = new Map();
    this.lengths = Uint32Array.from(this.texts, (text) => text.length);
    this.lay(data.given);
  }

  label(i) {
    return this.given[i] >= 0 ? this.given[i] : this.labels[i];
  }

  kept(i) {
    return this.given[i] >= 0 ? this.given[i] === 0 : !((this.dropped[i] >> this.dial) & 1);
  }

  set(i, label) {
    const value = label ?? -1;
    this.nGiven += (value >= 0) - (this.given[i] >= 0);
    this.given[i] = value;
  }

  lay(runs) {
    for (const [first, last, label] of runs) for (let i = first; i <= last; i++) this.set(i, label);
  }

  // runs [first, last, label, expected] that give blocks first..last the label that wanted(i) names
  changes(first, last, wanted) {
    const runs = [];
    for (let i = first; i <= last; i++) {
      const label = wanted(i);
      const before = this.given[i] < 0 ? null : this.given[i];
      if (label === before || label === undefined) continue;
      const run = runs.at(-1);
      if (run && run[1] === i - 1 && run[2] === label && run[3] === before) run[1] = i;
      else runs.push([i, i, label, before]);
    }
    return runs;
  }

  // the least certain block without a label of those that isShown(i) names, but for one; -1 where there is none
  doubtful(after, isShown) {
    let best = -1;
    for (let i = 0; i < this.n; i++) {
      if (this.given[i] >= 0 || i === after || !isShown(i)) continue;
      if (best < 0 || this.scores[i] < this.scores[best]) best = i;
    }
    return best;
  }

  firstOpen() {
    const i = this.nGiven ? this.given.indexOf(-1) : 0;
    return Math.max(0, i);
  }

  summary() {
    let blocks = 0, chars = 0, total = 0;
    for (let i = 0; i < this.n; i++) {
      total += this.lengths[i];
      if (this.kept(i)) {
        blocks++;
        chars += this.lengths[i];
      }
    }
    return { blocks, share: total ? chars / total : 0 };
  }
}
