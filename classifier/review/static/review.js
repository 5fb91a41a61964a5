// The review page: keys in, labels out.

import { BlockList } from "./blocks.js";
import { Doc } from "./document.js";
import { Saving, get, post } from "./saving.js";
import { Handover } from "./handover.js";
import { Documents } from "./documents.js";
import { Why } from "./why.js";

const $ = (id) => document.getElementById(id);
const buttons = [...document.querySelectorAll(".label[data-label]")];
const names = buttons.map((button) => button.lastChild.textContent.trim());
const settings = JSON.parse(document.body.dataset.settings);
const list = new BlockList($("list"), names);
const why = new Why($("why"), $("why-said"), names);
const handover = new Handover(names);
const saving = new Saving(tellSaved, settle, refuse, handover);
const documents = new Documents(open);
const done = [];
const undone = [];
let doc = null;
let nOpened = 0;
let opening = 0; // number of the document that is on its way, 0 where none is
let localChanges = 0;
let noticeTimer = 0;
let isToldOfLeft = false;
let isStanding = false; // whether the notice stays until labels can be saved

function tellSaved(state, text, help) {
  $("saved").dataset.state = state;
  $("saved").firstChild.textContent = text;
  if (help) notice(help, true);
  else if (state === "saved" && isStanding) $("notice").hidden = true;
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function say(text) {
  $("say").textContent = text;
}

function notice(text, stays = false) {
  if ($("notice").textContent !== text) $("notice").textContent = text; // an alert is read out at each change
  $("notice").hidden = false;
  isStanding = stays;
  clearTimeout(noticeTimer);
  if (!stays) noticeTimer = setTimeout(() => ($("notice").hidden = true), 6000);
}

// documents

// whether the document is there now; until then keys and buttons do nothing, for they would mean the one before it
async function open(key, at) {
  const number = (opening = ++nOpened);
  list.element.setAttribute("aria-busy", "true");
  let data, error;
  try {
    data = await get(`documents/${key}`);
  } catch (caught) {
    error = caught;
  }
  if (opening !== number) return false; // another one was asked for meanwhile
  opening = 0;
  list.element.removeAttribute("aria-busy");
  if (error) notice(`The document could not be opened: ${error.message}`);
  else show(key, data, at);
  return !error;
}

function show(key, data, at) {
  const next = new Doc(data);
  for (const item of saving.queue) if (item.key === key) next.lay(item.body.changes ?? []);
  next.dial = Number($("dial").value);
  doc = next;
  documents.opened(key);
  $("title").textContent = doc.id;
  $("title").title = doc.url ?? doc.id;
  document.title = `${doc.id} – denag review`;
  $("empty").hidden = true;
  history.replaceState(null, "", `#${key}`);
  list.show(doc);
  go(at ?? doc.firstOpen());
  list.element.focus({ preventScroll: true });
  tellSums();
  say(`${doc.id}, ${doc.n} blocks`);
}

function finish() {
  if (doc) {
    saving.put({ key: doc.key, what: "finished", body: {} });
    documents.finished(doc.key);
    tellSums();
  }
  const next = documents.next();
  if (next) open(next);
  else notice(documents.isComplete ? "That was the last document." : "No more documents read yet; others are on their way.");
}

function back() {
  const key = documents.previous();
  if (key) open(key);
  else notice("There is no document before this one.");
}

function tellSums() {
  const { blocks, share } = doc.summary();
  $("kept-text").textContent = `· ${blocks.toLocaleString()} of ${doc.n.toLocaleString()} blocks, ${Math.round(100 * share)} % of the text`;
  const place = documents.place(doc.key);
  $("progress-text").textContent = `${doc.nGiven.toLocaleString()} of ${doc.n.toLocaleString()} blocks · ${place}`;
  $("progress").value = doc.n ? doc.nGiven / doc.n : 0;
}

// moving and labelling

function go(i, options) {
  list.go(i, options);
  why.show(doc, list.active);
}

function step(by, extend) {
  const wanted = Math.max(0, Math.min(doc.n - 1, list.active + by));
  go(list.shown(wanted, Math.sign(by)) ?? list.active, { extend });
}

// in the reading view a label or the dial may hide the active block: another one takes its place
function stay() {
  if (!list.isShown(list.active)) go(list.active);
}

function apply(changes, isUndo) {
  if (!changes.length) return false;
  localChanges++;
  doc.lay(changes);
  for (const [first, last] of changes) list.repaint(first, last);
  saving.put({ key: doc.key, what: "labels", body: { changes } });
  documents.counted(doc.key, doc.nGiven);
  if (!isUndo) {
    done.push({ key: doc.key, changes, at: list.active });
    undone.length = 0;
  }
  tellSums();
  return true;
}

// the blocks of a choice that are shown: none gets a label unseen
function ofShown(label) {
  return (i) => (list.isShown(i) ? label(i) : undefined);
}

function nShown(first, last) {
  let n = 0;
  for (let i = first; i <= last; i++) n += list.isShown(i);
  return n;
}

function give(label) {
  const [first, last] = list.chosen();
  const before = list.active;
  const n = nShown(first, last); // before the label hides some
  apply(doc.changes(first, last, ofShown(() => label)));
  const many = last > first ? `${n} ${n === 1 ? "block" : "blocks"}` : `Block ${first + 1}`;
  say(label === null ? `${many}: label taken back` : `${many}: ${names[label]}`);
  if (list.anchor !== null) go(list.active);
  stay();
  why.show(doc, list.active);
  if (label !== null && $("advance").checked && list.active === before) step(1);
}

function agree() {
  const [first, last] = list.chosen();
  apply(doc.changes(first, last, ofShown((i) => doc.label(i))));
  if (list.isShown(last)) say(`${names[doc.label(last)]}, agreed`);
  go(last + 1);
}

function agreeWithRest() {
  const changes = doc.changes(0, doc.n - 1, ofShown((i) => (doc.given[i] < 0 ? doc.labels[i] : undefined)));
  if (apply(changes)) notice("Agreed with all the rest; u takes it back.");
  stay();
  why.show(doc, list.active);
}

function toDoubtful() {
  const i = doc.doubtful(list.active, (j) => list.isShown(j));
  if (i < 0) notice(list.isReading ? "Every block that is shown has a label." : "Every block has a label.");
  else go(i);
}

async function travel(from, to, isRedo) {
  const entry = from.at(-1);
  if (!entry) return notice(isRedo ? "Nothing to redo." : "Nothing to undo.");
  if (entry.key !== doc.key && !(await open(entry.key, entry.at))) return;
  from.pop();
  const wanted = new Map();
  for (const [first, last, after, before] of entry.changes) {
    const [value, expected] = isRedo ? [after, before] : [before, after];
    for (let i = first; i <= last; i++) if ((doc.given[i] < 0 ? null : doc.given[i]) === expected) wanted.set(i, value);
  }
  const changes = doc.changes(entry.changes[0][0], entry.changes.at(-1)[1], (i) => wanted.get(i));
  apply(changes, true);
  to.push(entry);
  go(entry.at);
  if (changes.length) say(isRedo ? "Redone" : "Undone");
  else notice("Another tab has labelled this since; its label stays.");
}

// what the server says

function settle(item, answer) {
  if (!answer.conflicts?.length) return true;
  if (doc?.key === item.key) {
    for (const [i, label] of answer.conflicts) {
      doc.set(i, label);
      list.repaint(i, i);
    }
    stay();
    tellSums();
  }
  notice("Another tab labelled this block in the meantime; its label is shown. Press the key again to change it.");
  return false;
}

function refuse(item, error) {
  notice(`A label was refused: ${error}`);
  tellSaved("failed", "Not saved");
  if (doc?.key === item.key) open(doc.key, list.active);
}

// labels that pages of an earlier server could not save
async function takeOver() {
  let isAgreed = true;
  const send = async (item) => {
    const { answer } = await post(item);
    if (answer && !settle(item, answer)) isAgreed = false; // its notice stays
    return Boolean(answer);
  };
  const { n, nLeft } = await handover.take((key) => documents.byKey.has(key), send);
  if (n) {
    await documents.refresh();
    tellSums();
    if (isAgreed) notice("Labels that waited on a page of an earlier review are saved.");
  } else if (nLeft && documents.isComplete && !isToldOfLeft) {
    isToldOfLeft = true;
    notice("Labels of an earlier review wait in this browser for a review of the same documents and labels.");
  }
  return n > 0;
}

// labels that other tabs gave to this document
async function follow() {
  let wait = 1500;
  if (doc && saving.isIdle && !document.hidden) {
    const [current, before] = [doc, localChanges];
    try {
      const { sequence, runs } = await get(`documents/${current.key}/changes?since=${current.sequence}`);
      if (doc === current && before === localChanges && saving.isIdle) {
        if (runs === null) await open(current.key, list.active);
        else if (runs.length) {
          doc.lay(runs);
          for (const [first, last] of runs) list.repaint(first, last);
          documents.counted(doc.key, doc.nGiven);
          stay();
          tellSums();
        }
        doc.sequence = sequence;
      }
      if ($("saved").dataset.state === "failed") tellSaved("saved", "Saved");
      if (await takeOver()) wait = 0;
    } catch (error) {
      tellSaved("failed", capitalised(error.message), error.help);
    }
  }
  setTimeout(follow, wait);
}

// dial

function turn() {
  const k = Number($("dial").value);
  const setting = settings[k];
  const text = setting === null ? "no bound, only content stays" : `at most ${+(100 * setting).toPrecision(2)} % of content`;
  $("dial-text").textContent = text;
  $("dial").setAttribute("aria-valuetext", text);
  if (!doc) return;
  doc.dial = k;
  list.repaint();
  if (list.isReading) {
    list.estimate();
    stay();
  }
  tellSums();
}

function turnBy(by) {
  $("dial").value = Number($("dial").value) + by;
  turn();
  say($("dial-text").textContent);
}

// keys

const KEYS = {
  j: () => step(1), arrowdown: () => step(1), k: () => step(-1), arrowup: () => step(-1),
  home: () => go(0), end: () => go(doc.n - 1), pagedown: () => step(10), pageup: () => step(-10),
  " ": agree, enter: agree, 0: () => give(null), backspace: () => give(null), delete: () => give(null),
  u: () => travel(done, undone, false), d: toDoubtful,
  n: finish, p: back, v: () => { list.setReading(!list.isReading); why.show(doc, list.active); }, escape: () => go(list.active),
};
const SHIFTED = {
  j: () => step(1, true), arrowdown: () => step(1, true), k: () => step(-1, true), arrowup: () => step(-1, true),
  home: () => go(0, { extend: true }), end: () => go(doc.n - 1, { extend: true }),
  pagedown: () => step(10, true), pageup: () => step(-10, true), u: () => travel(undone, done, true), a: agreeWithRest,
};

function keyOf(event) {
  // digits by their place: some keyboards want shift for them; letters of other alphabets by theirs
  const [, digit] = event.code.match(/^(?:Digit|Numpad)([0-9])$/) ?? [];
  if (digit) return digit;
  const key = event.key.toLowerCase();
  const [, letter] = event.code.match(/^Key([A-Z])$/) ?? [];
  return letter && !/^[a-z]$/.test(key) ? letter.toLowerCase() : key;
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const target = event.target;
  const inList = list.element.contains(target);
  if (!inList && !$("everywhere").checked) return;
  const key = keyOf(event);
  const isControl = target.closest("button, input, a");
  if (isControl && [" ", "enter", "arrowdown", "arrowup", "home", "end", "pagedown", "pageup"].includes(key)) return;
  const free = { "?": () => $("help").showModal(), o: () => documents.show(doc?.key), "[": () => turnBy(-1), "]": () => turnBy(1) };
  let act = free[event.key] ?? free[key];
  if (!act && doc?.n) {
    if (/^[1-9]$/.test(key)) act = Number(key) <= names.length ? () => give(Number(key) - 1) : null;
    else act = (event.shiftKey && SHIFTED[key]) || KEYS[key];
  }
  if (!act) return;
  event.preventDefault();
  if (Object.values(free).includes(act)) act();
  else unlessOpening(act)();
}

function unlessOpening(act) {
  return () => (opening ? notice("A document is opening. Press again when it is there.") : act());
}

addEventListener("keydown", press);
list.element.addEventListener("click", (event) => {
  const i = list.indexAt(event.target);
  if (i !== null && !opening) go(i, { extend: event.shiftKey });
});
let hoverTimer = 0;
list.element.addEventListener("pointerover", (event) => {
  const i = list.indexAt(event.target);
  clearTimeout(hoverTimer);
  if (i !== null) hoverTimer = setTimeout(() => doc && i < doc.n && why.show(doc, i, true), 120);
});
list.element.addEventListener("pointerleave", () => {
  clearTimeout(hoverTimer);
  if (doc?.n) why.show(doc, list.active, true);
});
for (const button of buttons) button.addEventListener("click", unlessOpening(() => doc?.n && give(Number(button.dataset.label))));
$("undo").addEventListener("click", unlessOpening(() => doc && KEYS.u()));
$("next").addEventListener("click", unlessOpening(finish));
$("previous").addEventListener("click", unlessOpening(back));
$("open-documents").addEventListener("click", () => documents.show(doc?.key));
$("open-help").addEventListener("click", () => $("help").showModal());
$("dial").disabled = settings.length < 2;
$("dial").title = settings.length < 2 ? "This model was not calibrated for a bound on lost content" : "";
$("dial").max = settings.length - 1;
$("dial").value = settings.length - 1;
$("dial").addEventListener("input", turn);
let resizeTimer = 0;
addEventListener("resize", () => {
  clearTimeout(resizeTimer);
  resizeTimer = setTimeout(() => doc && list.estimate(), 150);
});
turn();
documents.start(location.hash.slice(1), () => doc && tellSums(), (text) => ($("empty").textContent = text));
follow();
