// Elements without innerHTML: what people typed only ever becomes text.

/** An element with properties (on… = listener, aria-/data-/role = attribute) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.includes("-") && name !== "list") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Makes `parent`'s children equal to `wanted` and moves only what has to move. */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
  let place = parent.firstChild;
  for (const child of wanted) {
    if (child === place) place = place.nextSibling;
    else parent.insertBefore(child, place);
  }
}

/** A round picture of a person: the initials on a colour of their own. */
export function avatar(person, size = "") {
  const name = person?.name || "?";
  const words = name.trim().split(/\s+/);
  const initials = (words.length > 1 ? [words[0], words.at(-1)] : words)
    .map((word) => [...word][0] ?? "")
    .join("");
  const isBot = person?.type === "bot";
  const element = h("span", { className: `avatar ${size} ${isBot ? "bot" : ""}`, "aria-hidden": "true" }, initials.toUpperCase());
  element.style.setProperty("--hue", person?.hue ?? 210);
  return element;
}

/** Says for a few seconds what went wrong. */
export function notify(text, kind = "problem") {
  const notice = h("div", { className: `notice ${kind}` }, h("span", {}, text),
    h("button", { type: "button", className: "quiet", "aria-label": "Dismiss", onclick: () => notice.remove() }, "×"));
  document.getElementById("notices").append(notice);
  setTimeout(() => notice.remove(), 8000);
}

export const closeDialogs = () => document.querySelectorAll("dialog").forEach((dialog) => dialog.close());

/** A modal dialog with a title and a Close button; gone from the page once it is closed. */
export function openDialog(title, ...content) {
  const dialog = h("dialog", { "aria-label": title, onclose: () => dialog.remove() },
    h("header", {}, h("h2", {}, title),
      h("button", { type: "button", className: "quiet", "aria-label": "Close", onclick: () => dialog.close() }, "×")),
    ...content);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
