// The reader's key is only in this variable, while the page is open. It is never in a URL, and is
// never stored.

const PLACEHOLDER = "ct_live_YOUR_KEY";
const SANDBOX_KEY = "SANDBOX_KEY_HERE";
let ownKey = "";

// Each part of the script adds functions here. They run when a page is shown and when the key
// changes.
const whenPageComes = [];
const whenKeyChanges = [];

// The key for requests: the reader's, or the public key, which works only in the sandbox.
const key = () => ownKey || SANDBOX_KEY;

const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

// Sends a request to the API, and measures the time.
const ask = async (method, path, body) => {
  const begun = performance.now();
  const headers = { Authorization: `Bearer ${key()}` };
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, body, cache: "no-store", credentials: "omit" });
  const text = await response.text();
  return { status: response.status, milliseconds: Math.round(performance.now() - begun), text, headers: response.headers };
};

// Shows an error beside its cause, with a link to its code.
const refuse = (place, answer) => {
  place.replaceChildren();
  if (!answer || answer.ok) return;
  place.append(answer.error, " ", make("a", { href: answer.doc_url, textContent: answer.code }));
};

const UNREACHABLE = { error: "The API can't be reached. Try again.", doc_url: "/status", code: "status" };

const keyForm = (button) => {
  const told = "The key stays in this tab: it is in no URL, log or storage, and it is lost when you close or reload the tab.";
  const input = make("input", { id: "key", type: "password", value: ownKey, autocomplete: "off", spellcheck: false, placeholder: PLACEHOLDER });
  const form = make(
    "form",
    { className: "key", noValidate: true },
    make("label", { htmlFor: "key", textContent: "Your API key" }),
    make("div", { className: "field" }, input, make("button", { textContent: button })),
    make("p", { className: "small", textContent: told }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ownKey = input.value.trim();
    for (const changed of whenKeyChanges) changed();
  });
  return form;
};

whenPageComes.push(() => {
  for (const place of document.querySelectorAll("[data-key-here]")) {
    if (place.hasAttribute("data-billing")) place.append(keyForm("Show the account"));
    else place.append(make("details", {}, make("summary", { textContent: "Use your own key" }), keyForm("Use it")));
  }
});

