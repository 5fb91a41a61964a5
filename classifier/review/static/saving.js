// Labels on their way to the disk: sent one after the other, again until they arrive, never dropped.

const LONGEST_WAIT_MS = 5000;

export class Saving {
  // tell(state, text): state is "saved", "saving" or "failed"; settle(item, answer): what the server said
  constructor(tell, settle, refuse) {
    Object.assign(this, { tell, settle, refuse, queue: [], isSending: false, wait: 0 });
    addEventListener("beforeunload", (event) => {
      if (this.queue.length) event.preventDefault();
    });
    addEventListener("online", () => this.send());
  }

  get isIdle() {
    return this.queue.length === 0;
  }

  put(item) {
    this.queue.push(item);
    this.send();
  }

  async send() {
    if (this.isSending) return;
    this.isSending = true;
    while (this.queue.length) {
      const item = this.queue[0];
      this.tell("saving", this.queue.length > 1 ? `Saving ${this.queue.length} labels` : "Saving");
      const { answer, error, isFinal } = await post(item.path, item.body);
      if (answer) {
        this.queue.shift();
        this.wait = 0;
        this.settle(item, answer);
        if (!this.queue.length) this.tell("saved", `Saved ${new Date().toLocaleTimeString()}`);
      } else if (isFinal) {
        this.queue.shift();
        this.refuse(item, error);
      } else {
        this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2 || 500);
        this.tell("failed", `Not saved yet: ${error}`);
        await new Promise((done) => setTimeout(done, this.wait));
      }
    }
    this.isSending = false;
  }
}

async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      keepalive: true,
    });
    if (response.ok) return { answer: await response.json() };
    const isFinal = response.status >= 400 && response.status < 500;
    return { error: (await errorOf(response)) || `status ${response.status}`, isFinal };
  } catch {
    return { error: "the server does not answer", isFinal: false };
  }
}

export async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error((await errorOf(response)) || `status ${response.status}`);
  return response.json();
}

async function errorOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error;
  } catch {
    return text.slice(0, 200);
  }
}
