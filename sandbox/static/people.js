// The persons of the sandbox: who they are in plain words, and choosing whom to play.

import { avatar, h } from "./dom.js";

const ROLES = {
  "partner-full-admin": "Partner, full administrator",
  "partner-admin": "Partner, administrator",
  "partner-admin-2": "Partner, administrator",
  "partner-read-only": "Partner, read only",
  "customer-full-admin": "Customer, full administrator",
  "customer-full-admin-2": "Customer, full administrator",
  "customer-admin": "Customer, administrator but not full",
  "customer-user": "Customer, user without a role",
  "other-partner-full-admin": "Other partner, full administrator",
  outsider: "Outsider, at no company",
  bot: "Bot",
  "other-bot": "Somebody else's bot",
};

// Keeps the colours of neighbours apart.
const GOLDEN_ANGLE = 137.5;

const GROUPS = [
  ["The partner", (role) => role.startsWith("partner")],
  ["The customers", (role) => role.startsWith("customer")],
  ["Others", () => true],
];

/** A person's place in plain words. */
export const inWords = (person) => ROLES[person.role] ?? person.email ?? "";

/** The sandbox's people, each with the `key` of their address and a colour; those already known stay. */
export function settle(found, known) {
  return found.map((person, index) => known.find((candidate) => candidate.personId === person.personId) ?? {
    ...person,
    key: found.findIndex((other) => other.role === person.role) === index ? person.role : person.email,
    hue: (200 + index * GOLDEN_ANGLE) % 360,
  });
}

export const addressOf = (person, roomId) =>
  `#/people/${encodeURIComponent(person.key)}${roomId ? `/spaces/${encodeURIComponent(roomId)}` : ""}`;
export const draftAddress = (person, other) => `${addressOf(person)}/direct/${encodeURIComponent(other.personId)}`;

/** The first screen: everybody who can be played. */
export function chooser(people, unread) {
  const left = people.filter((person) => person.type !== "bot");
  const sections = GROUPS.map(([title, belongs]) => {
    const members = left.filter((person) => belongs(person.role));
    members.forEach((person) => left.splice(left.indexOf(person), 1));
    return members.length > 0 && h("section", { "aria-label": title }, h("h2", {}, title),
      h("ul", { className: "people" }, members.map((person) => h("li", {}, choice(person, unread(person))))));
  });
  return h("main", { className: "chooser" },
    h("h1", {}, "Who would you like to be?"),
    h("p", { className: "lead" }, "Everything happens in this sandbox: nobody outside sees or gets anything. Open a second person in another tab to see both sides."),
    sections);
}

function choice(person, count) {
  return h("a", { href: addressOf(person), className: "person", "aria-label": `${person.name}, ${inWords(person)}${said(count)}` },
    avatar(person, "large"),
    h("span", { className: "who" }, h("strong", {}, person.name), h("span", {}, inWords(person)), h("small", {}, person.email)),
    count > 0 && h("span", { className: "count", "aria-hidden": "true" }, String(count)));
}

const said = (count) => (count > 0 ? `, ${count} unread` : "");

/** The strip of pictures at the left: from one person to another in one click. */
export function strip(people, me, unread) {
  return h("nav", { className: "strip", "aria-label": "People" },
    people.filter((person) => person.type !== "bot").map((person) => {
      const count = person === me ? 0 : unread(person);
      return h("a", {
        href: addressOf(person), title: `${person.name} · ${inWords(person)}`,
        "aria-label": `Play ${person.name}${said(count)}`, "aria-current": person === me ? "true" : null,
      }, avatar(person), count > 0 && h("span", { className: "count", "aria-hidden": "true" }, String(count)));
    }));
}
