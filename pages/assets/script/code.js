// Examples: one tab per language, the reader's key, and buttons that copy and run the code.

const inWords = (milliseconds) => `${milliseconds.toLocaleString("en-US")} ms`;

const copyButton = (text) => {
  const button = make("button", { type: "button", textContent: "Copy" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(await text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select the text to copy it";
    }
  });
  return button;
};

const tabs = (panels, copied) => {
  const list = make("div", { role: "tablist", ariaLabel: "Language" });
  const buttons = panels.map((panel, place) => {
    const button = make("button", { type: "button", role: "tab", textContent: panel.dataset.language });
    panel.role = "tabpanel";
    panel.ariaLabel = panel.dataset.language;
    panel.querySelector(".label").hidden = true;
    button.addEventListener("click", () => choose(place));
    button.addEventListener("keydown", ({ key: pressed }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[pressed];
      if (step) choose((place + step + panels.length) % panels.length, true);
    });
    return button;
  });
  const choose = (chosen, focus) => {
    panels.forEach((panel, place) => {
      panel.hidden = place !== chosen;
      buttons[place].ariaSelected = String(place === chosen);
      buttons[place].tabIndex = place === chosen ? 0 : -1;
    });
    if (focus) buttons[chosen].focus();
    copied.textContent = "Copy";
  };
  list.append(...buttons);
  choose(0);
  return list;
};

const runButton = (block) => {
  const { method, path, body } = block.dataset;
  const button = make("button", { type: "button", className: "run", textContent: "Run" });
  const changes = method === "DELETE" || path.startsWith("/v1/keys/") || (method === "POST" && path === "/v1/keys");
  button.addEventListener("click", async () => {
    if (ownKey && changes && !confirm(`${method} ${path} changes your account's keys. Send it?`)) return;
    block.querySelector(".ran")?.remove();
    const line = make("p", { textContent: "Waiting for the answer …" });
    const shown = make("code");
    const ran = make("div", { className: "ran", role: "status" }, line);
    block.append(ran);
    try {
      const { status, milliseconds, text } = await ask(method, path, body);
      line.textContent = `${status} in ${inWords(milliseconds)}${ownKey ? "" : ", from the sandbox: made-up numbers"}`;
      shown.textContent = JSON.stringify(JSON.parse(text), null, 2);
      ran.append(make("pre", { tabIndex: 0, role: "group", ariaLabel: "Answer" }, shown));
    } catch {
      refuse(line, UNREACHABLE);
    }
  });
  return button;
};

const dress = (block) => {
  const panels = [...block.querySelectorAll(".panel")];
  const visible = () => panels.find((panel) => !panel.hidden) ?? panels[0];
  const copied = copyButton(() => visible().querySelector("code").textContent);
  const bar = make("div", { className: "bar" });
  bar.append(panels.length > 1 ? tabs(panels, copied) : panels[0].querySelector(".label"));
  const actions = make("div", { className: "actions" }, copied);
  if (block.dataset.method) actions.append(runButton(block));
  bar.append(actions);
  block.prepend(bar);
};

// Replaces the placeholder in the examples with the reader's key.
const withKey = () => {
  const examples = [...document.querySelectorAll(".code code")].map((code) => [code, code.textContent]);
  const write = () => {
    for (const [code, text] of examples) code.textContent = ownKey ? text.replaceAll(PLACEHOLDER, ownKey) : text;
  };
  whenKeyChanges.push(write);
  write();
};

whenPageComes.push(() => {
  for (const block of document.querySelectorAll(".code")) dress(block);
  withKey();
  // Only the first example that runs has a field for the key above it.
  const runs = document.querySelector("article .code[data-method]");
  const summary = make("summary", { textContent: "Use your own key in the examples" });
  runs?.before(make("details", {}, summary, keyForm("Use it")));
  for (const button of document.querySelectorAll("[data-copy-page]")) {
    const copies = copyButton(async () => (await fetch(button.dataset.copyPage)).text());
    copies.textContent = button.textContent;
    button.replaceWith(copies);
  }
});

