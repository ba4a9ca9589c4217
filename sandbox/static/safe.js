// What people typed, made safe: only allowed elements of it ever reach the page.

const ALLOWED = new Set(["A", "BLOCKQUOTE", "BR", "CODE", "DEL", "EM", "H1", "H2", "H3", "H4", "H5", "H6", "HR", "LI", "OL",
  "P", "PRE", "S", "STRONG", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "UL"]);

let markdown;

/** A message's HTML, as Webex made it from markdown, with mentions (mine stand out). */
export function messageBody(html, myId) {
  return cleanse(html, (mention) => {
    const type = mention.getAttribute("data-object-type");
    const isMine = type === "groupMention" || mention.getAttribute("data-object-id") === myId;
    const element = document.createElement("span");
    element.className = isMine ? "mention mine" : "mention";
    element.textContent = `@${mention.textContent}`;
    return [element];
  });
}

/** The markdown that a card's texts may hold (bold, italic, lists, links), as safe HTML. */
export function cardText(text) {
  markdown ??= globalThis.markdownit("zero", { breaks: true }).enable(["emphasis", "list", "link", "newline", "escape", "entity"]);
  const holder = document.createElement("div");
  holder.append(cleanse(markdown.render(text)));
  return holder.innerHTML;
}

/** The allowed elements of `html`, parsed in a document of its own, where nothing loads or runs. */
function cleanse(html, drawMention = () => []) {
  const fragment = document.createDocumentFragment();
  const parsed = new DOMParser().parseFromString(html, "text/html");
  fragment.append(...[...parsed.body.childNodes].flatMap((node) => allowed(node, drawMention)));
  return fragment;
}

function allowed(node, drawMention) {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.data)];
  if (node.nodeType !== Node.ELEMENT_NODE || ["SCRIPT", "STYLE"].includes(node.tagName)) return [];
  if (node.tagName === "SPARK-MENTION") return drawMention(node);
  const children = [...node.childNodes].flatMap((child) => allowed(child, drawMention));
  if (!ALLOWED.has(node.tagName)) return children;
  const element = document.createElement(node.tagName);
  if (node.tagName === "A") linkTo(element, node.getAttribute("href") ?? "");
  if (node.tagName === "OL" && node.start > 0) element.start = node.start;
  element.append(...children);
  return [element];
}

function linkTo(anchor, address) {
  if (!/^(https?:|mailto:)/i.test(address)) return;
  anchor.href = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
}
