// The page: which person is played, which space is open, and what has changed since.

import { isInstalled } from "./cards.js";
import { ClockBar } from "./clock.js";
import { Conversation } from "./conversation.js";
import { arrange, closeDialogs, h, notify } from "./dom.js";
import { Mailbox } from "./mail.js";
import { addressOf, chooser, settle, strip } from "./people.js";
import { spaceList } from "./spaces.js";
import { Tools } from "./tools.js";
import { isUnread, markSeen } from "./unread.js";
import { sandbox, Webex, WebexError } from "./webex.js";

const app = document.getElementById("app");
const tools = new Tools(document.getElementById("tools"));
const mailbox = new Mailbox();
const clock = new ClockBar(document.getElementById("clock"), {
  onZone: () => conversation?.refresh(),
  onTools: (event) => event.currentTarget.setAttribute("aria-expanded", String(tools.toggle())),
  mail: mailbox.button,
});

const people = [];
/** Opened spaces stay as they were left, with half-filled cards and half-written words. */
const opened = new Map();
const drawn = new Map();
let unread = new Map();
let me = null;
let webex = null;
let rooms = [];
let conversation = null;

/** `#/people/<role>`, `…/spaces/<roomId>` or `…/direct/<personId>`. */
function route() {
  const [, , key, kind, id] = location.hash.split("/").map(decodeURIComponent);
  return { person: people.find((person) => person.key === key), kind, id };
}

async function go() {
  const { person } = route();
  if (person !== me) {
    me = person ?? null;
    webex = me && new Webex(me.token);
    rooms = [];
  }
  if (me) await fetchRooms();
  const before = conversation;
  conversation = chosen();
  show();
  if (conversation && conversation !== before) conversation.reopened();
  await conversation?.refresh();
}

/** The conversation that the address names, if there is such a space or person. */
function chosen() {
  const { kind, id } = route();
  const room = me && kind === "spaces" && rooms.find((candidate) => candidate.id === id);
  const peer = me && kind === "direct" && people.find((person) => person.personId === id);
  if (!room && !peer) return null;
  const key = `${me.key} ${id}`;
  if (!opened.has(key)) {
    const onPosted = (message) => {
      if (peer) opened.delete(key);
      location.hash = addressOf(me, message.roomId);
    };
    opened.set(key, new Conversation({ room: room || null, peer: peer || null, me, webex, people, onPosted }));
  }
  return opened.get(key);
}

async function fetchRooms() {
  const whose = me;
  const { items } = await webex.get("/v1/rooms?max=1000");
  if (whose !== me) return;
  rooms = items;
  const current = rooms.find((room) => room.id === route().id);
  if (current && !document.hidden) markSeen(me, current);
}

function show() {
  document.title = me ? `${me.name} · Webex sandbox` : "Webex sandbox";
  document.body.classList.toggle("in-space", Boolean(conversation));
  const focused = app.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const count = (person) => unread.get(person) ?? 0;
  const counts = people.map((person) => [person.key, count(person)]);
  const open = conversation?.room?.id;
  const parts = [warning()];
  if (me) {
    const unseen = rooms.map((room) => isUnread(me, room));
    parts.push(
      once("strip", [me.key, counts], () => strip(people, me, count)),
      once("spaces", [me.key, counts.length, rooms, unseen, open], () => spaceList({ me, people, rooms, open, onCreate: createSpace })),
      conversation?.element ?? once("welcome", [], welcome));
  } else parts.push(once("chooser", counts, () => chooser(people, count)));
  arrange(app, parts.filter(Boolean));
  if (focused && !app.contains(document.activeElement)) app.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

/** Draws a part of the page again only if what it shows has changed: focus and clicks survive. */
function once(name, shown, draw) {
  const print = JSON.stringify(shown);
  if (drawn.get(name)?.print !== print) drawn.set(name, { print, element: draw() });
  return drawn.get(name).element;
}

const welcome = () => h("main", { className: "welcome" }, h("p", {}, "Choose a space at the left, or begin a new one."));

function warning() {
  return isInstalled() ? null : once("warning", [], () => h("p", { className: "warning", role: "alert" },
    "Cards can't be drawn: Microsoft's renderer is not installed. Run “npm ci --prefix sandbox --ignore-scripts” and load this page again."));
}

async function createSpace(title) {
  const room = await webex.post("/v1/rooms", { title });
  location.hash = addressOf(me, room.id);
}

async function meetPeople() {
  const all = settle(await sandbox.people(), people);
  people.splice(0, people.length, ...all);
}

async function countUnread() {
  const others = people.filter((person) => person.type !== "bot" && person !== me);
  const counts = await Promise.all(others.map(async (person) => {
    const { items } = await new Webex(person.token).get("/v1/rooms?max=1000");
    return [person, items.filter((room) => isUnread(person, room)).length];
  }));
  unread = new Map(counts);
  show();
}

let counting = 0;
function countSoon() {
  clearTimeout(counting);
  counting = setTimeout(() => countUnread().catch(report), 400);
}

/** After anything has happened: the lists, then the open space. */
async function refresh() {
  await Promise.all([meetPeople(), clock.refresh(), tools.refresh(), mailbox.refresh(), me && fetchRooms()]);
  const isGone = conversation?.room && !rooms.some((room) => room.id === conversation.room.id);
  if (isGone) location.hash = addressOf(me);
  else await conversation?.refresh();
  show();
  countSoon();
}

async function follow() {
  let since = 0;
  for (;;) {
    try {
      const latest = await sandbox.changes(since);
      if (latest !== since) await refresh().catch(report);
      since = latest;
      document.body.classList.remove("lost");
    } catch {
      since = 0;
      document.body.classList.add("lost");
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

/** What Webex refuses is said; anything else means that the sandbox is away, or a bug. */
function report(error) {
  if (!(error instanceof WebexError)) {
    console.error(error);
    throw error;
  }
  notify(error.message);
}

async function start() {
  await meetPeople();
  await clock.refresh();
  addEventListener("hashchange", closeDialogs);
  addEventListener("hashchange", () => go().catch((error) => notify(error.message)));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh().catch(() => {}); });
  await go();
  follow();
}

start().catch((error) => notify(`The sandbox doesn't answer. ${error.message}`));
