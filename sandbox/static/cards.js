// Cards, drawn by Microsoft's renderer and submitted as Cisco's web client does.

import { h } from "./dom.js";
import { cardText } from "./safe.js";

const TEXT_COLOURS = {
  default: { default: "#1b2126", subtle: "#5c6873" },
  accent: { default: "#0a5f78", subtle: "#2d7f97" },
  good: { default: "#17713a", subtle: "#3d8a59" },
  warning: { default: "#8f4b00", subtle: "#a66a24" },
  attention: { default: "#b3202c", subtle: "#c24b55" },
  dark: { default: "#1b2126", subtle: "#5c6873" },
  light: { default: "#ffffff", subtle: "#e3e8ec" },
};
const onGround = (backgroundColor, borderColor) => ({ backgroundColor, borderColor, foregroundColors: TEXT_COLOURS });

const HOST_CONFIG = {
  fontFamily: "inherit",
  fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 22 },
  fontWeights: { lighter: 300, default: 400, bolder: 600 },
  lineHeights: { small: 17, default: 20, medium: 22, large: 25, extraLarge: 29 },
  spacing: { small: 4, default: 10, medium: 16, large: 22, extraLarge: 30, padding: 16 },
  separator: { lineThickness: 1, lineColor: "#dfe4e8" },
  supportsInteractivity: true,
  imageSizes: { small: 40, medium: 80, large: 160 },
  imageSet: { imageSize: "medium", maxImageHeight: 100 },
  containerStyles: {
    default: onGround("#ffffff", "#dfe4e8"),
    emphasis: onGround("#f2f5f7", "#dfe4e8"),
    accent: onGround("#e3f1f5", "#b9dbe5"),
    good: onGround("#e5f4ea", "#b8dfc6"),
    warning: onGround("#fdf1de", "#f0d5a8"),
    attention: onGround("#fcebec", "#f0c3c7"),
  },
  actions: {
    maxActions: 5, spacing: "default", buttonSpacing: 8, actionsOrientation: "horizontal", actionAlignment: "left",
    showCard: { actionMode: "inline", inlineTopMargin: 12, style: "emphasis" },
  },
  adaptiveCard: { allowCustomStyle: true },
  factSet: {
    title: { color: "default", size: "default", isSubtle: true, weight: "default", wrap: true, maxWidth: 190 },
    value: { color: "default", size: "default", isSubtle: false, weight: "default", wrap: true },
    spacing: 16,
  },
  inputs: {
    label: {
      inputSpacing: "small",
      requiredInputs: { weight: "bolder", suffix: " *", suffixColor: "attention" },
      optionalInputs: { weight: "bolder" },
    },
    errorMessage: { color: "attention", size: "small", spacing: "small", weight: "bolder" },
  },
};

/** Whether `npm ci` has brought the scripts this page stands on. */
export const isInstalled = () => Boolean(globalThis.AdaptiveCards && globalThis.markdownit);

/** A drawn card; `press(inputs)` posts what somebody has filled in and pressed. */
export function drawCard(content, press) {
  try {
    return draw(content, press);
  } catch (error) {
    console.error(error);
    return h("p", { className: "card-failed" }, "This card can't be shown.");
  }
}

function draw(content, press) {
  const { AdaptiveCard, HostConfig, SerializationContext } = globalThis.AdaptiveCards;
  AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = cardText(text);
    result.didProcess = true;
  };
  const status = h("p", { className: "card-status", role: "status" });
  const frame = h("div", { className: "card", role: "group", "aria-label": "Card" });
  const touched = new Set();
  const card = new AdaptiveCard();
  card.hostConfig = new HostConfig(HOST_CONFIG);
  card.onInputValueChanged = (input) => touched.add(input.id);
  card.onAnchorClicked = (_element, anchor) => {
    openLink(anchor.href);
    return true;
  };
  card.onExecuteAction = (action) => execute(action, touched, press, status);
  card.parse(content, new SerializationContext());
  const drawn = card.render();
  if (!drawn) throw new Error("The renderer made nothing of this card.");
  // A card is a group of its own here: the renderer's own stop for the Tab key leads nowhere.
  drawn.removeAttribute("tabindex");
  frame.append(drawn, status);
  return frame;
}

async function execute(action, touched, press, status) {
  const kind = action.getJsonTypeName();
  if (kind === "Action.OpenUrl") openLink(action.url);
  if (kind !== "Action.Submit") return;
  status.className = "card-status";
  status.textContent = "Sending …";
  try {
    await press(submission(action, touched));
    status.textContent = `“${action.title ?? "Submit"}” sent`;
  } catch (error) {
    status.classList.add("problem");
    status.textContent = `Not sent. ${error.message}`;
  }
}

/** What Cisco's client sends: the inputs' values, and the button's data laid over them. */
function submission(action, touched) {
  const { data } = action.toJSON();
  if (action.associatedInputs === "none") return typeof data === "object" ? data : {};
  const values = {};
  for (const input of Object.values(action.getReferencedInputs() ?? {})) {
    const { value } = input;
    const isUntouched = (value === "" || Number.isNaN(value)) && !input.defaultValue && !touched.has(input.id);
    if (value !== undefined && value !== null && !isUntouched) values[input.id] = String(value);
  }
  return typeof data === "object" ? { ...values, ...data } : values;
}

function openLink(address) {
  if (/^https?:\/\//i.test(address ?? "")) window.open(address, "_blank", "noopener,noreferrer");
}
