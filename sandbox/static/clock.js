// The bar at the top: what time it is in the sandbox, and moving it.

import { h, notify } from "./dom.js";
import { sandbox } from "./webex.js";
import { chosenZone, chooseZone, daysLater, instantOf, next, showMoment, showTime, wallClock, zones } from "./zone.js";

/** The clock bar; `onZone()` is called when other zone's times are wanted, `onTools()` for the tools; `mail` opens the mailbox. */
export class ClockBar {
  #ahead = 0;

  constructor(element, { onZone, onTools, mail }) {
    const button = (name, action) => h("button", { type: "button", onclick: action }, name);
    const move = (to) => () => this.#move(to(this.now(), chosenZone()));
    this.shown = h("strong", { className: "now" });
    this.utc = h("span", { className: "utc" });
    this.zone = h("select", { "aria-label": "Time zone", onchange: () => { chooseZone(this.zone.value); this.#show(); onZone(); } }, zoneOptions());
    this.zone.value = chosenZone();
    this.wanted = h("input", { type: "datetime-local", "aria-label": "Date and time" });
    element.append(
      h("div", { className: "time", role: "timer", "aria-label": "Sandbox time" }, this.shown, this.utc), this.zone,
      h("div", { className: "moves" },
        button("Next 09:00", move((now, zone) => next("09:00", now, zone))),
        button("+1 day", move((now, zone) => daysLater(now, 1, zone))),
        button("+7 days", move((now, zone) => daysLater(now, 7, zone)))),
      h("form", {
        className: "set", onsubmit: (event) => {
          event.preventDefault();
          if (this.wanted.value) this.#move(instantOf(this.wanted.value, chosenZone()));
        },
      }, this.wanted, h("button", {}, "Set clock")),
      mail,
      h("button", { type: "button", className: "tools", "aria-expanded": "false", "aria-controls": "tools", onclick: onTools }, "Tools"));
    setInterval(() => this.#show(), 1000);
  }

  now() {
    return new Date(Date.now() + this.#ahead);
  }

  async refresh() {
    this.#set(await sandbox.clock());
  }

  async #move(instant) {
    try {
      this.#set(await sandbox.moveClock(instant));
      this.wanted.value = wallClock(this.now(), chosenZone());
    } catch (error) {
      notify(`The clock wasn't moved. ${error.message}`);
    }
  }

  #set(now) {
    this.#ahead = now.getTime() - Date.now();
    this.wanted.value ||= wallClock(now, chosenZone());
    this.#show();
  }

  #show() {
    const now = this.now();
    this.shown.textContent = showMoment(now, chosenZone());
    this.utc.textContent = `${showTime(now, "UTC")} UTC`;
  }
}

function zoneOptions() {
  const { likely, others } = zones();
  const option = (zone) => h("option", { value: zone }, zone.replaceAll("_", " "));
  return [...likely.map(option), h("optgroup", { label: "All time zones" }, others.map(option))];
}
