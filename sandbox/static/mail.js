// The e-mails that the bot has sent, as a mail program would show them.

import { h, notify, openDialog } from "./dom.js";
import { sandbox } from "./webex.js";
import { chosenZone, showMoment } from "./zone.js";

/** The button that opens the mailbox and counts what is in it. */
export class Mailbox {
  constructor() {
    this.button = h("button", { type: "button", className: "mail", onclick: () => this.#open().catch((error) => notify(error.message)) }, "Mail");
  }

  async refresh() {
    const mails = await sandbox.mails();
    this.button.textContent = mails.length ? `Mail (${mails.length})` : "Mail";
  }

  async #open() {
    const mails = (await sandbox.mails()).reverse();
    const shown = h("div", { className: "shown-mail" });
    const show = (mail) => shown.replaceChildren(...letter(mail));
    openDialog("Mail",
      mails.length === 0 && h("p", { className: "empty" }, "The bot hasn't sent any e-mail yet."),
      h("ul", { className: "mails", "aria-label": "E-mails" }, mails.map((mail) => h("li", {},
        h("button", { type: "button", onclick: () => show(mail) },
          h("strong", {}, mail.subject), h("span", {}, `${mail.to} · ${showMoment(new Date(mail.received), chosenZone())}`))))),
      shown).classList.add("wide");
    if (mails.length) show(mails[0]);
  }
}

/** Foreign HTML stays in a frame without scripts; its links open in a new tab. */
function letter(mail) {
  const headers = Object.entries(mail.headers).map(([name, value]) => `${name}: ${value}`).join("\n");
  return [
    h("h3", {}, mail.subject),
    h("iframe", { title: "E-mail", sandbox: "allow-popups allow-popups-to-escape-sandbox", src: `/sandbox/mails/${mail.id}` }),
    h("details", {}, h("summary", {}, "As plain text"), h("pre", {}, mail.text)),
    h("details", {}, h("summary", {}, "Headers"), h("pre", {}, headers)),
  ];
}
