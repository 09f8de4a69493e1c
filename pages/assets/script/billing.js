// Billing: the account's money, a chart of its usage, and its keys. The browser draws it, because
// the page's function never gets the key.

const dollars = (amount) => `$${amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`;

const tableOf = (names, rows) => {
  const heads = names.map((name) => make("th", { scope: "col", role: "columnheader", textContent: name }));
  const cells = (row) =>
    row.map((text, place) => {
      const cell = make("td", { role: "cell", textContent: text });
      cell.dataset.label = names[place];
      return cell;
    });
  const lines = rows.map((row) => make("tr", { role: "row" }, ...cells(row)));
  const head = make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads));
  return make("table", { role: "table" }, head, make("tbody", { role: "rowgroup" }, ...lines));
};

const svg = (name, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
};

// The last 31 days, including days without usage, oldest first.
const lastDays = (days) => {
  const used = new Map(days.map((day) => [day.date, day]));
  const now = Date.now();
  return Array.from({ length: 31 }, (_, place) => {
    const date = new Date(now - (30 - place) * 86_400_000).toISOString().slice(0, 10);
    return used.get(date) ?? { date, charged: 0, endpoints: [] };
  });
};

// A round amount that is at least as high as the highest bar.
const ceiling = (highest) => {
  if (!highest) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= highest);
};

const chart = (days, width) => {
  const [height, left, bottom] = [240, 64, 24];
  const most = ceiling(Math.max(...days.map((day) => day.charged)));
  const step = (width - left) / days.length;
  const top = (amount) => (height - bottom) * (1 - amount / most);
  const caption = make("figcaption", { textContent: "Dollars per UTC day. Point at a bar, or focus it, for the day's charges by endpoint." });
  const lines = [0, most / 2, most].flatMap((amount) => [
    svg("line", { x1: left, x2: width, y1: top(amount), y2: top(amount) }),
    svg("text", { x: left - 8, y: top(amount) + 4, "text-anchor": "end" }, dollars(amount)),
  ]);
  const bars = days.map(({ date, charged, endpoints }, place) => {
    const shares = endpoints.filter((of) => of.charged).map((of) => `${of.endpoint} ${dollars(of.charged)}`);
    const label = `${date}: ${dollars(charged)}${shares.length ? ` (${shares.join(", ")})` : ""}`;
    const x = left + place * step;
    const bar = svg(
      "a",
      { tabindex: charged ? 0 : -1, role: "img", "aria-label": label },
      svg("rect", { x, y: 0, width: step, height: height - bottom, fill: "transparent" }),
      svg("rect", { class: "day", x: x + 1, y: top(charged), width: step - 2, height: height - bottom - top(charged) }),
    );
    for (const event of ["focus", "pointerenter"]) bar.addEventListener(event, () => (caption.textContent = label));
    return bar;
  });
  const dates = [0, 10, 20, 30].map((place) =>
    svg("text", { x: left + (place + 0.5) * step, y: height - 4, "text-anchor": place === 30 ? "end" : "middle" }, days[place].date.slice(5)),
  );
  return [svg("svg", { class: "chart", viewBox: `0 -8 ${width} ${height + 8}`, role: "group", "aria-label": "Spent by day" }, ...lines, ...bars, ...dates), caption];
};

const limits = (each) => {
  const told = [`${each.rate_limit} requests a minute`];
  if (each.budget_per_day !== null) told.push(`${dollars(each.budget_per_day)} a day`);
  if (each.endpoints) told.push(each.endpoints.join(", "));
  if (each.platforms) told.push(each.platforms.join(", "));
  if (each.expires_at) told.push(`until ${each.expires_at.slice(0, 10)}`);
  return told.join(" · ");
};

whenPageComes.push(() => {
  const account = document.querySelector("[data-account]");
  if (!account) return;
  const refused = document.querySelector("#refused");
  const put = (name, ...children) => account.querySelector(`[data-${name}]`).replaceChildren(...children);
  const number = (name, amount) =>
    make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: dollars(amount) }));

  const show = async () => {
    account.hidden = true;
    const [usage, keys] = (await Promise.all([ask("GET", "/v1/usage"), ask("GET", "/v1/keys")])).map(({ text }) => JSON.parse(text));
    refuse(refused, usage);
    if (!usage.ok) return;
    const { balance, held, spent, funds, days, prices } = usage.data;
    put("money", number("Balance", balance), number("Held", held), number("Spent", spent), number("Funds", funds));
    put("chart", ...chart(lastDays(days), account.parentElement.clientWidth - 48));
    const rows = days.flatMap((day) => day.endpoints.map((of) => [day.date, of.endpoint, grouped(of.requests), grouped(of.fresh), dollars(of.charged)]));
    put("days", rows.length ? tableOf(["Day", "Endpoint", "Requests", "Fresh", "Spent"], rows) : "There is no usage yet.");
    put("prices", tableOf(["Endpoint", "A fresh answer"], Object.entries(prices).map(([name, price]) => [name, dollars(price) + (name.endsWith("/batch") ? " a post" : "")])));
    const line = (each) => [each.name ?? each.id, each.mode, `…${each.last_four ?? ""}`, limits(each), each.last_used ?? "never"];
    if (keys.ok && !keys.data.keys.length) put("keys", "This is the public key of the sandbox: it has no account and no other keys.");
    else if (keys.ok) put("keys", tableOf(["Name", "Mode", "Ends with", "Limits", "Last used"], keys.data.keys.map(line)));
    else {
      const told = make("p");
      refuse(told, keys);
      put("keys", told);
    }
    account.hidden = false;
  };
  const tryTo = () => show().catch(() => refuse(refused, UNREACHABLE));
  whenKeyChanges.push(tryTo);
  if (ownKey) tryTo();
});

