// Instants and wall clocks: what time it is somewhere, and when somewhere's clock shows a time.

const MINUTE = 60_000;

/** What a wall clock in `zone` shows at `instant`, as "2026-12-01T11:00". */
export function wallClock(instant, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  }).formatToParts(instant);
  const part = (type) => parts.find((candidate) => candidate.type === type).value;
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}

/** The instant at which a wall clock in `zone` shows `time`; in a spring gap, an hour after it. */
export function instantOf(time, zone) {
  const wanted = Date.parse(`${time.slice(0, 16)}Z`);
  let instant = wanted;
  for (let round = 0; round < 3; round += 1) {
    instant += wanted - Date.parse(`${wallClock(new Date(instant), zone)}Z`);
  }
  const off = wanted - Date.parse(`${wallClock(new Date(instant), zone)}Z`);
  return new Date(off ? Math.max(instant, instant + off) : instant);
}

/** The same wall clock time `days` later in `zone`. */
export function daysLater(instant, days, zone) {
  const [date, time] = wallClock(instant, zone).split("T");
  const seconds = instant.getTime() % MINUTE;
  return new Date(instantOf(`${addDays(date, days)}T${time}`, zone).getTime() + seconds);
}

/** The first instant after `instant` at which a clock in `zone` shows `time` ("09:00"). */
export function next(time, instant, zone) {
  const today = wallClock(instant, zone).slice(0, 10);
  const candidates = [0, 1].map((days) => instantOf(`${addDays(today, days)}T${time}`, zone));
  return candidates.find((candidate) => candidate > instant);
}

function addDays(date, days) {
  return new Date(Date.parse(`${date}T00:00Z`) + days * 24 * 60 * MINUTE).toISOString().slice(0, 10);
}

const format = (options) => (instant, zone) => new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }).format(instant);

export const showTime = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const showDay = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const showMoment = format({ weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const CHOICE = "sandbox.zone";

/** The zone in which this browser wants to see times. */
export const chosenZone = () => localStorage.getItem(CHOICE) ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
export const chooseZone = (zone) => localStorage.setItem(CHOICE, zone);

/** The zones on offer: the likely ones first. */
export function zones() {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const likely = [...new Set([chosenZone(), here, "UTC", "Europe/Sofia", "Europe/London", "America/New_York"])];
  const others = Intl.supportedValuesOf("timeZone").filter((zone) => !likely.includes(zone));
  return { likely, others };
}
