// The box in which people write: mentions, replies, edits, a file.

import { avatar, h, notify } from "./dom.js";
import { inWords } from "./people.js";

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The write box of one space; `onSend({text, markdown, file, parentId, edited})` posts it. */
export class Composer {
  #members = [];
  #context = null;
  #options = [];
  #active = 0;

  constructor({ isDirect, onSend }) {
    this.isDirect = isDirect;
    this.onSend = onSend;
    this.box = h("textarea", {
      rows: 1, placeholder: "Write a message", "aria-label": "Message", "aria-autocomplete": "list", "aria-controls": "mentions",
      onkeydown: (event) => this.#key(event), oninput: () => this.#typed(), onblur: () => setTimeout(() => this.#offer([]), 150),
    });
    this.file = h("input", { type: "file", "aria-label": "Attach a file", onchange: () => this.#showFile() });
    this.fileName = h("span", { className: "file-name" });
    this.picker = h("ul", { id: "mentions", className: "mentions", role: "listbox", "aria-label": "Mention", hidden: true });
    this.banner = h("div", { className: "context", hidden: true });
    this.shortcuts = h("div", { className: "shortcuts" });
    this.send = h("button", { className: "primary" }, "Send");
    this.element = h("form", { className: "composer", "aria-label": "Write", onsubmit: (event) => this.#submit(event) },
      this.picker, this.banner,
      h("div", { className: "row" }, h("label", { className: "attach button", title: "Attach a file" }, this.file), this.box, this.send),
      h("div", { className: "below" }, this.shortcuts, this.fileName));
  }

  /** Who can be mentioned; each bot gets a button of its own. */
  set members(members) {
    const waited = this.#members.length === 0;
    this.#members = members;
    if (waited) this.#typed(); // somebody may have begun to type a name before we knew any
    const bots = this.isDirect ? [] : members.filter((person) => person.type === "bot");
    this.shortcuts.replaceChildren(...bots.map((bot) => h("button", {
      type: "button", className: "chip", "aria-label": `Mention ${bot.name}`, onclick: () => this.#prefix(bot),
    }, `@${bot.name}`)));
  }

  replyTo(message, name) {
    this.#inContext({ parentId: message.parentId ?? message.id }, `Reply to ${name}`);
  }

  edit(message) {
    this.box.value = (message.markdown ?? message.text ?? "").replace(/<@\w+:[^|>]+\|([^>]*)>/g, "@$1");
    this.#inContext({ edited: message }, "Edit your message");
  }

  #inContext(context, title) {
    this.#context = context;
    this.banner.replaceChildren(h("span", {}, title),
      h("button", { type: "button", className: "quiet", "aria-label": "Cancel", onclick: () => this.#clear() }, "×"));
    this.banner.hidden = false;
    this.box.focus();
    this.#grow();
  }

  #clear() {
    if (this.#context?.edited) this.box.value = "";
    this.#context = null;
    this.banner.hidden = true;
    this.#grow();
  }

  #prefix(bot) {
    const mention = `@${bot.name} `;
    if (!this.box.value.startsWith(mention)) this.box.value = mention + this.box.value;
    this.box.focus();
    this.#grow();
  }

  #showFile() {
    const [file] = this.file.files;
    this.fileName.replaceChildren(...(file ? [file.name, h("button", {
      type: "button", className: "quiet", "aria-label": `Remove ${file.name}`,
      onclick: () => { this.file.value = ""; this.#showFile(); },
    }, "×")] : []));
  }

  #typed() {
    this.#grow();
    const before = this.box.value.slice(0, this.box.selectionStart);
    const word = /(?:^|\s)@([\p{L}\p{N}._-]*)$/u.exec(before)?.[1].toLowerCase();
    const fits = (person) => person.name.toLowerCase().split(/\s+/).some((part) => part.startsWith(word));
    this.#offer(word === undefined || this.isDirect ? [] : this.#members.filter(fits));
  }

  #offer(people) {
    this.#options = people;
    this.#active = 0;
    this.picker.hidden = people.length === 0;
    this.picker.replaceChildren(...people.map((person, index) => h("li", {
      id: `mention-${index}`, role: "option", "aria-selected": String(index === 0),
      onmousedown: (event) => { event.preventDefault(); this.#mention(person); },
    }, avatar(person), h("span", { className: "who" }, h("strong", {}, person.name), h("span", {}, inWords(person))))));
    this.#point();
  }

  #point() {
    [...this.picker.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.#active)));
    if (this.#options.length) this.box.setAttribute("aria-activedescendant", `mention-${this.#active}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  #mention(person) {
    const end = this.box.selectionStart;
    const start = this.box.value.lastIndexOf("@", end - 1);
    this.box.setRangeText(`@${person.name} `, start, end, "end");
    this.#offer([]);
    this.box.focus();
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.#options.length && ["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(event.key)) {
      event.preventDefault();
      if (event.key === "Escape") this.#offer([]);
      else if (event.key === "Enter" || event.key === "Tab") this.#mention(this.#options[this.#active]);
      else {
        const step = event.key === "ArrowDown" ? 1 : -1;
        this.#active = (this.#active + step + this.#options.length) % this.#options.length;
        this.#point();
      }
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.element.requestSubmit();
    } else if (event.key === "Escape" && this.#context) this.#clear();
  }

  #grow() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight + 2, 180)}px`;
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.box.value.trim();
    const [file] = this.file.files;
    if ((!text && !file) || this.send.disabled) return;
    this.send.disabled = true;
    try {
      await this.onSend({ ...this.#content(text), file, ...this.#context });
      this.box.value = "";
      this.file.value = "";
      this.#showFile();
      this.#clear();
    } catch (error) {
      notify(`Not sent. ${error.message}`);
    } finally {
      this.send.disabled = false;
      this.box.focus();
    }
  }

  /** Plain text, or markdown as soon as somebody is mentioned by name. */
  #content(text) {
    if (!text) return {};
    if (this.isDirect) return { text };
    const byLength = [...this.#members].sort((a, b) => b.name.length - a.name.length);
    const names = byLength.map((person) => escaped(person.name)).join("|");
    const mention = names && new RegExp(`@(${names})(?![\\p{L}\\p{N}])`, "giu");
    if (!mention || !mention.test(text)) return { text };
    const markdown = text.replace(mention, (_all, name) => {
      const person = byLength.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
      return `<@personId:${person.personId}|${person.name.replace(/[<>|]/g, "")}>`;
    });
    return { markdown };
  }
}
