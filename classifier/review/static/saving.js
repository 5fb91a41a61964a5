// Labels on their way to the disk: sent one after the other, again until they arrive, never dropped.

const LONGEST_WAIT_MS = 5000;
const MOST_KEPT_ALIVE = 60_000; // characters, all ASCII; browsers refuse to keep more than 64 KiB alive

export class Saving {
  // tell(state, text, help): state is "saved", "saving" or "failed", help says what a person can do;
  // settle(item, answer): what the server said; handover keeps what no longer can be sent from here
  constructor(tell, settle, refuse, handover) {
    Object.assign(this, { tell, settle, refuse, handover, queue: [], isSending: false, isCutOff: false, wait: 0 });
    handover.taken = (item) => this.taken(item);
    addEventListener("beforeunload", (event) => {
      if (this.queue.some((item) => !handover.holds(item))) event.preventDefault();
    });
    addEventListener("online", () => this.send());
  }

  get isIdle() {
    return this.queue.length === 0;
  }

  put(item) {
    this.queue.push(item);
    if (this.isCutOff) this.handover.leave(this.queue);
    this.send();
  }

  async send() {
    if (this.isSending) return;
    this.isSending = true;
    while (this.queue.length) {
      const item = this.queue[0];
      if (!this.isCutOff) this.tell("saving", this.queue.length > 1 ? `Saving ${this.queue.length} labels` : "Saving");
      const { answer, error, help, isFinal, isCutOff } = await post(item);
      if (answer) {
        this.remove(item);
        this.wait = 0;
        this.isCutOff = false;
        this.settle(item, answer);
        if (!this.queue.length) this.tell("saved", `Saved ${new Date().toLocaleTimeString()}`);
      } else if (isFinal) {
        this.remove(item);
        this.refuse(item, error);
      } else if (this.queue.length) {
        this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2 || 500);
        this.isCutOff = Boolean(isCutOff);
        if (isCutOff) this.handover.leave(this.queue);
        this.tell("failed", `Not saved yet: ${error}`, help);
        await new Promise((done) => setTimeout(done, this.wait));
      }
    }
    this.isSending = false;
  }

  // another page has saved an item of this one
  taken(item) {
    this.remove(item);
    if (!this.queue.length) this.tell("saved", "Saved by the new page", CUT_OFF.help);
  }

  remove(item) {
    const at = this.queue.indexOf(item);
    if (at >= 0) this.queue.splice(at, 1);
  }
}

const AWAY = {
  error: "the server does not answer",
  help: `The server does not answer. Leave this page open: labels wait on it. If denag review has ended, start it again with --port ${location.port}.`,
};
const CUT_OFF = {
  error: "the review was started anew",
  help: "denag review was started anew. Open the address that it printed, in this browser: labels that wait here are saved from there.",
  isCutOff: true,
};

export async function post({ key, what, body }) {
  try {
    const text = JSON.stringify(body);
    const response = await fetch(`documents/${key}/${what}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: text,
      keepalive: text.length <= MOST_KEPT_ALIVE,
    });
    if (response.ok) return { answer: await response.json() };
    if (isOfAnother(response)) return CUT_OFF;
    const isFinal = response.status >= 400 && response.status < 500;
    return { error: (await errorOf(response)) || `status ${response.status}`, isFinal };
  } catch {
    return AWAY;
  }
}

export async function get(path) {
  let response;
  try {
    response = await fetch(path);
  } catch {
    throw Object.assign(new Error(AWAY.error), AWAY);
  }
  if (isOfAnother(response)) throw Object.assign(new Error(CUT_OFF.error), CUT_OFF);
  if (!response.ok) throw new Error((await errorOf(response)) || `status ${response.status}`);
  return response.json();
}

// a server that knows neither this page's token nor its address: not the one that gave out the page
function isOfAnother(response) {
  return response.status === 403 || response.status === 421;
}

async function errorOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error;
  } catch {
    return text.slice(0, 200);
  }
}
