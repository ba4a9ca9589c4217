// The page: which person is played, which space is open, and what has changed since.

import { isInstalled } from "./cards.js";
import { ClockBar } from "./clock.js";
import { Conversation } from "./conversation.js";
import { arrange, h, notify } from "./dom.js";
import { addressOf, chooser, strip } from "./people.js";
import { spaceList } from "./spaces.js";
import { Tools } from "./tools.js";
import { isUnread, markSeen } from "./unread.js";
import { sandbox, Webex } from "./webex.js";

const app = document.getElementById("app");
const tools = new Tools(document.getElementById("tools"));
const clock = new ClockBar(document.getElementById("clock"), {
  onZone: () => conversation?.refresh(),
  onTools: (event) => event.currentTarget.setAttribute("aria-expanded", String(tools.toggle())),
});

let people = [];
let unread = new Map();
let me = null;
let webex = null;
let rooms = [];
let conversation = null;

/** `#/people/<role>`, `…/spaces/<roomId>` or `…/direct/<personId>`. */
function route() {
  const [, , role, kind, id] = location.hash.split("/").map(decodeURIComponent);
  return { person: people.find((person) => person.role === role), kind, id };
}

async function go() {
  const { person, kind, id } = route();
  if (person !== me) {
    me = person ?? null;
    webex = me && new Webex(me.token);
    rooms = [];
    conversation = null;
  }
  if (me) await fetchRooms();
  open(kind, id);
  show();
  await conversation?.refresh();
}

function open(kind, id) {
  if (conversation && kind === "spaces" && conversation.room?.id === id) return;
  const room = kind === "spaces" && rooms.find((candidate) => candidate.id === id);
  const peer = kind === "direct" && people.find((person) => person.personId === id);
  const about = { me, webex, people, onPosted: (message) => { location.hash = addressOf(me, message.roomId); } };
  conversation = room || peer ? new Conversation({ room: room || undefined, peer: peer || undefined, ...about }) : null;
}

async function fetchRooms() {
  rooms = (await webex.get("/v1/rooms?max=1000")).items;
  const current = rooms.find((room) => room.id === route().id);
  if (current && !document.hidden) markSeen(me, current);
}

function show() {
  document.title = me ? `${me.name} · Webex sandbox` : "Webex sandbox";
  const count = (person) => unread.get(person) ?? 0;
  document.body.classList.toggle("in-space", Boolean(conversation));
  if (!me) arrange(app, [warning(), chooser(people, count)].filter(Boolean));
  else {
    const list = spaceList({ me, people, rooms, open: conversation?.room?.id, onCreate: createSpace });
    arrange(app, [warning(), strip(people, me, count), list, conversation?.element ?? welcome()].filter(Boolean));
  }
}

const welcome = () => h("main", { className: "welcome" }, h("p", {}, "Choose a space at the left, or begin a new one."));

function warning() {
  return isInstalled() ? null : h("p", { className: "warning", role: "alert" },
    "Cards can't be drawn: Microsoft's renderer is not installed. Run “npm ci --prefix sandbox --ignore-scripts” and load this page again.");
}

async function createSpace(title) {
  const room = await webex.post("/v1/rooms", { title });
  location.hash = addressOf(me, room.id);
}

async function countUnread() {
  const persons = people.filter((person) => person.type !== "bot" && person !== me);
  const counts = await Promise.all(persons.map(async (person) => {
    const { items } = await new Webex(person.token).get("/v1/rooms?max=1000");
    return [person, items.filter((room) => isUnread(person, room)).length];
  }));
  unread = new Map(counts);
}

/** After anything has happened: the open space first, then the lists. */
async function refresh() {
  await Promise.all([conversation?.refresh(), clock.refresh(), tools.refresh()]);
  if (me) await fetchRooms();
  await countUnread();
  if (conversation?.room && !rooms.some((room) => room.id === conversation.room.id)) location.hash = addressOf(me);
  else show();
}

async function follow() {
  let since = 0;
  for (;;) {
    try {
      const latest = await sandbox.changes(since);
      if (latest !== since) await refresh();
      since = latest;
      document.body.classList.remove("lost");
    } catch (error) {
      console.error(error);
      document.body.classList.add("lost");
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

async function start() {
  // The golden angle keeps neighbours' colours apart.
  people = (await sandbox.people()).map((person, index) => ({ ...person, hue: (200 + index * 137.5) % 360 }));
  await clock.refresh();
  addEventListener("hashchange", () => go().catch((error) => notify(error.message)));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh().catch(() => {}); });
  await go();
  follow();
}

start().catch((error) => notify(`The sandbox doesn't answer. ${error.message}`));
