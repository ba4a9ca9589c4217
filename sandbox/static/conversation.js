// One space: its messages with threads, cards and files, kept up to date, and the write box.

import { drawCard, isInstalled } from "./cards.js";
import { Composer } from "./composer.js";
import { arrange, avatar, h, notify } from "./dom.js";
import { inWords } from "./people.js";
import { messageBody } from "./safe.js";
import { membersDialog } from "./spaces.js";
import { chosenZone, showDay, showMoment, showTime } from "./zone.js";

const CARD = "application/vnd.microsoft.card.adaptive";
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const PAGE = 50;

/** A space (or, with `peer` in place of `room`, a one to one that begins with its first message). */
export class Conversation {
  #messages = new Map();
  #deleted = new Map();
  #drawn = new Map();
  #memberships = [];
  #older = null;
  #isAtEnd = true;
  #place = 0;
  #refreshing = Promise.resolve();

  constructor({ room, peer, me, webex, people, onPosted }) {
    Object.assign(this, { room, peer, me, webex, people, onPosted });
    this.isDirect = Boolean(peer) || room.type === "direct";
    this.composer = new Composer({ isDirect: this.isDirect, onSend: (content) => this.#send(content) });
    this.list = h("ol", { className: "messages", role: "log", "aria-label": "Conversation", tabIndex: 0, onscroll: () => this.#scrolled() });
    this.pill = h("button", { type: "button", className: "pill", hidden: true });
    this.head = h("header", { className: "head" });
    this.element = h("main", { className: "conversation", "aria-label": peer?.name ?? room.title },
      this.head, this.list, h("div", { className: "over" }, this.pill), this.composer.element);
    this.#showHead();
    if (peer) this.list.append(h("li", { className: "empty" }, `This is the beginning of your conversation with ${peer.name}.`));
    else this.composer.members = [];
  }

  /** Fetches what is new; calls queue up, so that answers never overtake each other. */
  refresh() {
    if (!this.room) return Promise.resolve();
    this.#refreshing = this.#refreshing.catch(() => {}).then(() => this.#fetch());
    return this.#refreshing;
  }

  async #fetch() {
    const room = encodeURIComponent(this.room.id);
    const [latest, members] = await Promise.all([
      this.webex.get(`/v1/messages?roomId=${room}&max=${PAGE}`),
      this.webex.get(`/v1/memberships?roomId=${room}&max=500`),
    ]);
    this.#memberships = members.items;
    this.composer.members = members.items
      .filter((membership) => membership.personId !== this.me.personId)
      .map((membership) => this.#person(membership.personId, membership.personDisplayName, membership.personEmail));
    this.#merge(latest.items);
    this.#showHead();
    this.#show();
  }

  #merge(items) {
    const fetched = new Set(items.map((message) => message.id));
    const since = items.length < PAGE ? "" : items.at(-1).created;
    for (const [id, message] of this.#messages) {
      if (message.created >= since && !fetched.has(id)) {
        this.#messages.delete(id);
        this.#deleted.set(id, message);
      }
    }
    if (this.#older === null) this.#older = items.length === PAGE ? items.at(-1).id : "";
    items.forEach((message) => this.#messages.set(message.id, message));
  }

  async #fetchOlder() {
    const room = encodeURIComponent(this.room.id);
    const { items } = await this.webex.get(
      `/v1/messages?roomId=${room}&max=${PAGE}&beforeMessage=${encodeURIComponent(this.#older)}`);
    items.forEach((message) => this.#messages.set(message.id, message));
    this.#older = items.length === PAGE ? items.at(-1).id : "";
    this.#show();
  }

  #person(id, name, email) {
    return this.people.find((person) => person.personId === id) ?? { personId: id, name: name ?? email ?? "Somebody", email, role: "" };
  }

  #showHead() {
    const count = this.#memberships.length;
    const title = this.peer?.name ?? this.room.title;
    const other = this.peer ?? (this.isDirect && this.people.find((person) => person.name === title));
    arrange(this.head, [
      h("a", { href: location.hash.split("/").slice(0, 3).join("/"), className: "button quiet back", "aria-label": "Back to the spaces" }, "‹"),
      h("span", { className: "who" }, h("h1", {}, title), h("span", {}, other ? inWords(other) : "")),
      ...(this.isDirect ? [] : [h("button", { type: "button", onclick: () => this.#openMembers() }, `People (${count})`)]),
    ]);
  }

  #openMembers() {
    membersDialog({
      room: this.room, me: this.me, people: this.people, memberships: this.#memberships,
      onAdd: (person) => this.webex.post("/v1/memberships", { roomId: this.room.id, personEmail: person.email }),
      onRemove: (membership) => this.webex.delete(`/v1/memberships/${encodeURIComponent(membership.id)}`),
    });
  }

  #show() {
    const wasAtEnd = this.#isAtEnd;
    const isFirst = this.#drawn.size === 0;
    const fresh = [];
    arrange(this.list, this.#rows(fresh));
    if (this.list.children.length === 0) this.list.append(h("li", { className: "empty" }, "Nothing has been written here yet."));
    if (isFirst || fresh.some((row) => row.message.personId === this.me.personId)) this.#scrollTo(fresh.at(-1));
    else if (fresh.length > 0 && wasAtEnd) this.#scrollTo(fresh.at(-1));
    else if (fresh.length > 0) this.#offer(fresh.at(-1));
  }

  /** The list from old to new: days, roots with their replies under them, marks of deleted messages. */
  #rows(fresh) {
    const zone = chosenZone();
    const all = [...this.#messages.values(), ...this.#deleted.values()].sort(byAge);
    const ids = new Set(all.map((message) => message.id));
    const roots = all.filter((message) => !message.parentId || !ids.has(message.parentId));
    const rows = this.#older ? [this.#row("older", "", () => this.#olderRow())] : [];
    let day = "";
    for (const root of roots) {
      const today = showDay(new Date(root.created), zone);
      if (today !== day) rows.push(this.#row(`day ${today}`, today, () => h("li", { className: "day" }, h("span", {}, today))));
      day = today;
      const replies = root.parentId ? [] : all.filter((message) => message.parentId === root.id);
      for (const message of [root, ...replies]) rows.push(this.#messageRow(message, fresh));
    }
    this.#forgetAllBut(new Set(rows));
    return rows;
  }

  #row(key, print, draw) {
    const known = this.#drawn.get(key);
    if (known?.print === print) return known.element;
    const element = draw();
    this.#drawn.set(key, { print, element });
    return element;
  }

  #messageRow(message, fresh) {
    const isGone = this.#deleted.has(message.id);
    const print = `${isGone} ${chosenZone()} ${JSON.stringify(message)}`;
    const isNew = !this.#drawn.has(message.id);
    const element = this.#row(message.id, print, () => (isGone ? this.#trace(message) : this.#draw(message)));
    if (isNew) fresh.push({ message, element });
    return element;
  }

  #forgetAllBut(rows) {
    for (const [key, { element }] of this.#drawn) if (!rows.has(element)) this.#drawn.delete(key);
  }

  #olderRow() {
    return h("li", { className: "older" }, h("button", {
      type: "button", onclick: () => this.#fetchOlder().catch((error) => notify(error.message)),
    }, "Show older messages"));
  }

  #trace(message) {
    const { name } = this.#person(message.personId, null, message.personEmail);
    return h("li", { className: `trace ${message.parentId ? "reply" : ""}` }, `${name} deleted a message`);
  }

  #draw(message) {
    const person = this.#person(message.personId, null, message.personEmail);
    const time = new Date(message.created);
    const zone = chosenZone();
    const body = h("div", { className: "body" },
      h("div", { className: "by" }, h("strong", {}, person.name), person.type === "bot" && h("span", { className: "tag" }, "Bot"),
        h("time", { dateTime: message.created, title: showMoment(time, zone) }, showTime(time, zone)),
        message.updated && h("span", { className: "edited" }, "edited")),
      ...this.#content(message), (message.files ?? []).map((url) => this.#file(url)), this.#deeds(message, person));
    return h("li", { className: `message ${message.parentId ? "reply" : ""}`, "data-message": message.id },
      h("article", { "aria-label": `${person.name}, ${showTime(time, zone)}` }, avatar(person, message.parentId ? "small" : ""), body));
  }

  #content(message) {
    const cards = (message.attachments ?? []).filter((attachment) => attachment.contentType === CARD);
    if (cards.length > 0 && isInstalled()) return cards.map(({ content }) => drawCard(content, (inputs) => this.#press(message, inputs)));
    if (!message.html) return message.text ? [h("p", { className: "text plain" }, message.text)] : [];
    const text = h("div", { className: "text" });
    text.append(messageBody(message.html, this.me.personId));
    return [text];
  }

  #press(message, inputs) {
    return this.webex.post("/v1/attachment/actions", { type: "submit", messageId: message.id, inputs });
  }

  #file(url) {
    const holder = h("p", { className: "file" }, "Loading a file …");
    this.webex.file(url).then(({ name, blob }) => {
      const address = URL.createObjectURL(blob);
      const link = h("a", { href: address, download: name }, name, h("small", {}, size(blob.size)));
      const isPicture = PICTURES.includes(blob.type);
      const picture = isPicture && h("img", { src: address, alt: name, onload: () => this.#stay() });
      holder.replaceChildren(...[picture, link].filter(Boolean));
    }).catch((error) => { holder.textContent = `The file can't be loaded. ${error.message}`; });
    return holder;
  }

  #deeds(message, person) {
    const isMine = person.personId === this.me.personId;
    const canEdit = isMine && !message.files && !message.attachments;
    const deed = (name, action) => h("button", { type: "button", className: "quiet", onclick: action }, name);
    return h("div", { className: "deeds" },
      deed("Reply", () => this.composer.replyTo(message, person.name)),
      canEdit && deed("Edit", () => this.composer.edit(message)),
      isMine && deed("Delete", () => this.webex.delete(`/v1/messages/${encodeURIComponent(message.id)}`)
        .then(() => this.refresh()).catch((error) => notify(error.message))));
  }

  async #send({ text, markdown, file, parentId, edited }) {
    const words = markdown ? { markdown } : text ? { text } : {};
    if (edited) await this.webex.put(`/v1/messages/${encodeURIComponent(edited.id)}`, { roomId: edited.roomId, ...words });
    else {
      const to = this.peer ? { toPersonId: this.peer.personId } : { roomId: this.room.id };
      const fields = { ...to, ...(parentId && { parentId }), ...words };
      const message = await this.webex.post("/v1/messages", file ? form({ ...fields, files: file }) : fields);
      this.onPosted(message);
    }
    await this.refresh();
  }

  #scrollTo(row) {
    if (!row) return;
    const scroll = () => row.element.scrollIntoView({ block: row.element.clientHeight > this.list.clientHeight ? "start" : "end" });
    scroll();
    requestAnimationFrame(scroll);
  }

  #offer({ message, element }) {
    this.pill.textContent = `New from ${this.#person(message.personId, null, message.personEmail).name}`;
    this.pill.hidden = false;
    this.pill.onclick = () => {
      element.scrollIntoView({ block: "center", behavior: "smooth" });
      element.classList.add("flash");
      this.pill.hidden = true;
    };
  }

  /** Scrolls to where the reader was; for when the space is opened again. */
  reopened() {
    this.list.scrollTop = this.#isAtEnd ? this.list.scrollHeight : this.#place;
  }

  #scrolled() {
    if (!this.element.isConnected) return;
    this.#place = this.list.scrollTop;
    this.#isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 80;
    if (this.#isAtEnd) this.pill.hidden = true;
  }

  /** Keeps the end in sight when a picture has made the list longer. */
  #stay() {
    if (this.#isAtEnd) this.list.scrollTop = this.list.scrollHeight;
  }
}

const byAge = (a, b) => a.created.localeCompare(b.created);

function size(bytes) {
  return bytes < 1024 ? ` ${bytes} bytes` : ` ${Math.round(bytes / 1024)} KB`;
}

function form(fields) {
  const data = new FormData();
  Object.entries(fields).forEach(([name, value]) => data.append(name, value));
  return data;
}
