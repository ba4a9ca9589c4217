// The drawer with what a real Webex wouldn't show: faults to switch on, webhook deliveries.

import { h, notify } from "./dom.js";
import { sandbox } from "./webex.js";
import { chosenZone, showTime } from "./zone.js";

const FAULTS = {
  429: "429: too many requests",
  502: "502: Webex is down for a moment",
  lost: "Done, but the answer is lost",
  hang: "No answer for a while, and not done",
  "webhook-duplicate": "Webhooks come twice",
  "webhook-late": "Webhooks come late",
  "webhook-drop": "Webhooks get lost",
  "mail-down": "The mail server takes no e-mail",
  "mail-refused": "There is no such mailbox",
  "mail-slow": "The mail server is slow",
};
const CALLS = ["POST /v1/messages", "PUT /v1/messages", "GET /v1/messages", "GET /v1/attachment/actions", "*"];

/** The drawer; hidden until `toggle()`. */
export class Tools {
  constructor(element) {
    this.element = element;
    this.faults = h("div", { className: "now-faults", role: "status" });
    this.deliveries = h("tbody");
    element.append(
      h("h2", {}, "Trouble for the bot"), this.#form(), this.faults,
      h("h2", {}, "Webhook deliveries"),
      h("table", {}, h("thead", {}, h("tr", {}, ["Time", "Event", "Answer"].map((title) => h("th", {}, title)))), this.deliveries));
  }

  toggle() {
    this.element.hidden = !this.element.hidden;
    if (!this.element.hidden) this.refresh().catch((error) => notify(error.message));
    return !this.element.hidden;
  }

  async refresh() {
    if (this.element.hidden) return;
    const [faults, deliveries] = await Promise.all([sandbox.faults(), sandbox.deliveries()]);
    this.#showFaults(faults);
    this.deliveries.replaceChildren(...deliveries.reverse().map(deliveryRow));
  }

  #form() {
    const field = (label, control) => h("label", {}, label, control);
    const kind = h("select", {}, Object.entries(FAULTS).map(([value, words]) => h("option", { value }, words)));
    const match = h("select", {}, CALLS.map((call) => h("option", {}, call)));
    const share = h("input", { type: "number", min: 1, max: 100, value: 100 });
    const seconds = h("input", { type: "number", min: 1, max: 3600, value: 30 });
    const attempt = (action) => action().then(() => this.refresh()).catch((error) => notify(error.message));
    return h("form", {
      className: "stack", "aria-label": "Faults", onsubmit: (event) => {
        event.preventDefault();
        attempt(() => sandbox.addFault({
          kind: kind.value, match: /^(webhook|mail)/.test(kind.value) ? "*" : match.value,
          share: share.value / 100, seconds: Number(seconds.value), ...(kind.value === "429" && { retry_after: 2 }),
        }));
      },
    }, field("What happens", kind), field("To which calls", match),
    h("div", { className: "pair" }, field("Share in %", share), field("For seconds", seconds)),
    h("div", { className: "pair" }, h("button", { className: "primary" }, "Switch on"),
      h("button", { type: "button", onclick: () => attempt(sandbox.clearFaults) }, "Clear all")));
  }

  #showFaults(faults) {
    this.faults.replaceChildren(...(faults.length
      ? faults.map((fault) => h("p", { className: "fault" }, `${fault.kind} on ${fault.match === "*" ? "everything" : fault.match}, ${Math.round(fault.share * 100)} %, struck ${fault.hits} times`))
      : [h("p", { className: "empty" }, "No trouble: every call is answered.")]));
  }
}

function deliveryRow(delivery) {
  const { time, resource, event, status, error, milliseconds } = delivery;
  const isTaken = status >= 200 && status < 300;
  return h("tr", { className: isTaken ? "" : "failed", title: error ?? `${milliseconds} ms` },
    h("td", {}, showTime(new Date(time), chosenZone())), h("td", {}, `${resource} ${event}`), h("td", {}, String(status ?? "no answer")));
}
