// What each person has not looked at yet. Webex tells no bot or client of ours, so the page remembers
// in the browser at which activity a person last had a space open.

const key = (person) => `sandbox.seen.${person.key}`;
const seen = (person) => JSON.parse(localStorage.getItem(key(person)) ?? "{}");

export const isUnread = (person, room) =>
  Boolean(room.lastActivity) && room.lastActivity !== (seen(person)[room.id] ?? room.created);

export function markSeen(person, room) {
  if (isUnread(person, room)) {
    localStorage.setItem(key(person), JSON.stringify({ ...seen(person), [room.id]: room.lastActivity }));
  }
}
