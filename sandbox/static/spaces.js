// A person's spaces, and starting new ones.

import { avatar, h, notify, openDialog } from "./dom.js";
import { addressOf, draftAddress, inWords } from "./people.js";
import { isUnread } from "./unread.js";

/** The list of spaces at the left, newest first. */
export function spaceList({ me, people, rooms, open, onCreate }) {
  const sorted = [...rooms].sort((a, b) => (b.lastActivity ?? "").localeCompare(a.lastActivity ?? ""));
  return h("div", { className: "spaces" },
    h("div", { className: "me" }, avatar(me),
      h("span", { className: "who" }, h("strong", {}, me.name), h("span", {}, inWords(me))),
      h("a", { href: "#/", className: "button quiet" }, "Switch")),
    h("div", { className: "new" },
      h("button", { type: "button", onclick: () => startChat(me, people, rooms) }, "New message"),
      h("button", { type: "button", onclick: () => createSpace(onCreate) }, "New space")),
    h("nav", { "aria-label": "Spaces" },
      sorted.length === 0 && h("p", { className: "empty" }, "No spaces yet."),
      h("ul", {}, sorted.map((room) => h("li", {}, spaceLink(me, people, room, open))))));
}

function spaceLink(me, people, room, open) {
  const isOpen = room.id === open;
  const unread = !isOpen && isUnread(me, room);
  const other = room.type === "direct" ? people.find((person) => person.name === room.title) ?? { name: room.title } : null;
  return h("a", {
    href: addressOf(me, room.id), className: unread ? "unread" : "", "aria-current": isOpen ? "page" : null,
    "aria-label": `${room.title}${unread ? ", unread" : ""}`, "data-room": room.id,
  }, other ? avatar(other) : h("span", { className: "avatar space", "aria-hidden": "true" }, [...room.title][0]?.toUpperCase() ?? "#"),
  h("span", { className: "title" }, room.title), unread && h("span", { className: "dot", "aria-hidden": "true" }));
}

function startChat(me, people, rooms) {
  const others = people.filter((person) => person !== me);
  const dialog = openDialog("New message",
    h("p", {}, "Who do you want to write to privately?"),
    h("ul", { className: "people rows" }, others.map((person) => h("li", {},
      h("button", {
        type: "button", className: "person", "aria-label": `${person.name}, ${inWords(person)}`,
        onclick: () => {
          const known = rooms.find((room) => room.type === "direct" && room.title === person.name);
          location.hash = known ? addressOf(me, known.id) : draftAddress(me, person);
          dialog.close();
        },
      }, avatar(person), h("span", { className: "who" }, h("strong", {}, person.name), h("span", {}, inWords(person))))))));
}

function createSpace(onCreate) {
  const title = h("input", { name: "title", required: true, maxLength: 120, autocomplete: "off" });
  const form = h("form", {
    className: "stack",
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        await onCreate(title.value.trim());
        dialog.close();
      } catch (error) {
        notify(error.message);
      }
    },
  }, h("label", {}, "Name of the space", title), h("button", { className: "primary" }, "Create space"));
  const dialog = openDialog("New space", form);
  title.focus();
}

/** The dialog with a space's members: who is in it, who can be added. */
export function membersDialog({ room, me, people, memberships, onAdd, onRemove }) {
  const known = (membership) => people.find((person) => person.personId === membership.personId)
    ?? { name: membership.personDisplayName, personId: membership.personId, email: membership.personEmail };
  const inside = new Set(memberships.map((membership) => membership.personId));
  const attempt = (action) => async () => {
    try {
      await action();
      dialog.close();
    } catch (error) {
      notify(error.message);
    }
  };
  const row = (person, label, action) => h("li", {}, h("div", { className: "person" }, avatar(person),
    h("span", { className: "who" }, h("strong", {}, person.name), h("span", {}, inWords(person))),
    action && h("button", { type: "button", "aria-label": `${label} ${person.name}`, onclick: attempt(action) }, label)));
  const isGroup = room.type === "group";
  const dialog = openDialog(`People in ${room.title}`,
    h("ul", { className: "people rows", "aria-label": "Members" }, memberships.map((membership) => {
      const person = known(membership);
      return row(person, person.personId === me.personId ? "Leave" : "Remove", isGroup && (() => onRemove(membership)));
    })),
    isGroup && h("h3", {}, "Add to the space"),
    isGroup && h("ul", { className: "people rows", "aria-label": "Others" },
      people.filter((person) => !inside.has(person.personId)).map((person) => row(person, "Add", () => onAdd(person)))));
  return dialog;
}
