// The two APIs of the sandbox: Webex's own under /v1, played with a person's token, and
// the sandbox's outside under /sandbox.

/** Webex's answer to a call that it refused. */
export class WebexError extends Error {
  constructor(status, message, trackingId) {
    super(message);
    this.status = status;
    this.trackingId = trackingId;
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Webex as one person sees it. */
export class Webex {
  #token;

  constructor(token) {
    this.#token = token;
  }

  /** Reads; calm against the faults that may be switched on (429 and 5xx are tried again). */
  async get(path) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await (await this.#call("GET", path)).json();
      } catch (error) {
        const passing = !(error instanceof WebexError) || error.status === 429 || error.status >= 500;
        if (!passing || attempt === 4) throw error;
        await pause(300 * 2 ** attempt);
      }
    }
  }

  /** One page of a list: its items and the path of the next page, if there is one. */
  async page(path) {
    const response = await this.#call("GET", path);
    const next = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get("Link") ?? "");
    return { items: (await response.json()).items, next: next && ownPath(next[1]) };
  }

  async post(path, body) {
    return (await this.#call("POST", path, body)).json();
  }

  async put(path, body) {
    return (await this.#call("PUT", path, body)).json();
  }

  async delete(path) {
    await this.#call("DELETE", path);
  }

  /** A message's file with its name. */
  async file(url) {
    const response = await this.#call("GET", ownPath(url));
    const disposition = response.headers.get("Content-Disposition") ?? "";
    return { name: fileName(disposition), blob: await response.blob() };
  }

  async #call(method, path, body) {
    const headers = { Authorization: `Bearer ${this.#token}` };
    const isForm = body instanceof FormData;
    if (body && !isForm) headers["Content-Type"] = "application/json; charset=utf-8";
    const response = await fetch(path, { method, headers, body: isForm || !body ? body : JSON.stringify(body) });
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

/** Webex's addresses are absolute; the page only ever calls where it came from. */
function ownPath(url) {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}

function fileName(disposition) {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition);
  if (encoded) return decodeURIComponent(encoded[1]);
  return /filename="?([^";]+)"?/i.exec(disposition)?.[1] ?? "file";
}

async function refusal(response) {
  const text = await response.text();
  let answer = {};
  try { answer = JSON.parse(text); } catch { /* gateways also answer in plain text */ }
  const details = Array.isArray(answer.errors) ? answer.errors.map((error) => error.description) : [];
  const message = [...new Set([answer.message, ...details])].filter(Boolean).join(" ") || response.statusText;
  return new WebexError(response.status, `${response.status}: ${message}`, answer.trackingId);
}

async function outside(method, path, body) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  const response = await fetch(`/sandbox/${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? null : response.json();
}

export const sandbox = {
  people: () => outside("GET", "people"),
  rooms: () => outside("GET", "rooms"),
  clock: async () => new Date((await outside("GET", "clock")).now),
  moveClock: async (instant) => new Date((await outside("POST", "clock", { now: instant.toISOString() })).now),
  faults: () => outside("GET", "faults"),
  addFault: (fault) => outside("POST", "faults", fault),
  clearFaults: () => outside("DELETE", "faults"),
  deliveries: () => outside("GET", "deliveries?last=40"),
  mails: () => outside("GET", "mails"),
  /** Comes back when something has happened after `since`, or after 20 seconds. */
  changes: async (since) => (await outside("GET", `changes?since=${since}&wait=20`)).seq,
};
