"use strict";
// One tab: a terminal, and the socket to the app behind it. Bytes go both ways as they are; what is
// not typed (sizes, focus) goes as JSON, and so does the server's last word.

const RETRY_MS = 2000;
const PASTE_BYTES = 65536;

const place = document.getElementById("terminal");
const notice = document.getElementById("notice");
const again = document.getElementById("notice-again");
const encoder = new TextEncoder();

let terminal = null;
let fit = null;
let socket = null;

function tell(title, text, button) {
  document.getElementById("notice-title").textContent = title;
  document.getElementById("notice-text").textContent = text;
  again.hidden = !button;
  notice.classList.remove("-gone");
  if (button) again.focus();
}

function isOpen() {
  return socket !== null && socket.readyState === WebSocket.OPEN;
}

function sendBytes(bytes) {
  for (let from = 0; isOpen() && from < bytes.length; from += PASTE_BYTES) {
    socket.send(bytes.subarray(from, from + PASTE_BYTES));
  }
}

function send(told) {
  if (isOpen()) socket.send(JSON.stringify(told));
}

// Keys that the browser keeps: paste, copy of what is marked, zoom, full screen, its own tools.
function isForApp(event) {
  const control = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (control && !event.shiftKey && event.key === "v") return false;
  if (control && !event.shiftKey && event.key === "c" && terminal.hasSelection()) return false;
  if (control && ["+", "-", "=", "0"].includes(event.key)) return false;
  return !["F11", "F12"].includes(event.key);
}

async function makeTerminal() {
  // Cells are measured once, so the font must be there.
  const faces = ["16px", "bold 16px", "italic 16px"].map((face) => `${face} "Roboto Mono"`);
  await Promise.allSettled(faces.map((face) => document.fonts.load(face)));
  terminal = new terminalParts.Terminal({
    allowProposedApi: true,
    fontFamily: getComputedStyle(document.body).fontFamily,
    fontSize: 16,
    scrollback: 0,
    linkHandler: { activate() {} },
  });
  fit = new terminalParts.FitAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(new terminalParts.CanvasAddon());
  terminal.loadAddon(new terminalParts.Unicode11Addon());
  // The app may put something on the clipboard; it may not look what is there.
  terminal.loadAddon(new terminalParts.ClipboardAddon(undefined, {
    async readText() { return ""; },
    async writeText(_, text) { if (navigator.clipboard) await navigator.clipboard.writeText(text); },
  }));
  terminal.unicode.activeVersion = "11";
  terminal.open(place);
  terminal.attachCustomKeyEventHandler(isForApp);
  terminal.onData((data) => sendBytes(encoder.encode(data)));
  terminal.onResize(({ cols, rows }) => send({ type: "resize", width: cols, height: rows }));
  terminal.textarea.addEventListener("focus", () => send({ type: "focus" }));
  terminal.textarea.addEventListener("blur", () => send({ type: "blur" }));
  new ResizeObserver(() => requestAnimationFrame(() => fit.fit())).observe(place);
}

function connect() {
  fit.fit();
  terminal.reset();
  const url = new URL("app", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.search = new URLSearchParams({ width: terminal.cols, height: terminal.rows });
  const mine = new WebSocket(url);
  let over = null;
  mine.binaryType = "arraybuffer";
  mine.addEventListener("open", () => {
    terminal.focus();
    send({ type: "resize", width: terminal.cols, height: terminal.rows });
    send({ type: document.hasFocus() ? "focus" : "blur" });
  });
  mine.addEventListener("message", ({ data }) => {
    if (typeof data === "string") {
      over = JSON.parse(data);
    } else {
      notice.classList.add("-gone");
      terminal.write(new Uint8Array(data));
    }
  });
  mine.addEventListener("close", () => {
    terminal.blur();
    if (over !== null) tell(over.title, over.text, over.again);
    else reconnect();
  });
  socket = mine;
}

// The connection broke: a laptop that slept, a tunnel that fell. The server says whether it still
// knows this browser; a new server does not.
async function reconnect() {
  tell("The connection is lost", "Trying again… What was decided is on disk, and jobs run on.", false);
  for (;;) {
    await new Promise((done) => setTimeout(done, RETRY_MS));
    let answer = null;
    try {
      answer = await fetch("alive", { cache: "no-store" });
    } catch {
      continue;
    }
    if (answer.ok) {
      connect();
      return;
    }
    tell("This page is no longer known", await answer.text(), false);
    return;
  }
}

// What stands on the screen, as text: the terminal is drawn as a picture.
function screenText() {
  const buffer = terminal.buffer.active;
  const lines = [];
  for (let row = 0; row < terminal.rows; row++) {
    lines.push(buffer.getLine(row)?.translateToString(true, 0, terminal.cols) ?? "");
  }
  return lines.join("\n");
}

again.addEventListener("click", () => {
  tell(document.title, "Opening…", false);
  connect();
});
makeTerminal().then(connect, (error) => tell("This browser cannot draw the terminal", String(error), false));
