// A visitor's actions on the pages, and the expected results.
import assert from "node:assert/strict";

const numbers = (page) => page.locator("[data-card] dd").allTextContents();
const grouped = (number) => (number === null ? "null" : number.toLocaleString("en-US"));

// Every Run button shows an answer. Returns the number of buttons.
export const runs = async (page) => {
  const buttons = page.locator("button.run");
  const all = await buttons.count();
  for (let place = 0; place < all; place += 1) {
    const block = page.locator(".code", { has: page.locator("button.run") }).nth(place);
    await block.locator("button.run").click();
    const answer = JSON.parse(await block.locator(".ran code").textContent());
    assert.equal(typeof answer.ok, "boolean", page.url());
    assert.match(await block.locator(".ran p").textContent(), /^\d{3} in [\d,]+ ms, from the sandbox: made-up numbers$/);
  }
  return all;
};

const askedFor = async (page, link) => {
  await page.locator("#link").fill(link);
  const answered = page.waitForResponse((response) => response.url().includes("/v1/") && response.status() !== 0);
  await page.locator("#link").press("Enter");
  await answered;
  await page.waitForFunction(() => document.querySelector("[data-ask]").ariaBusy === "false");
};

// The page shows the numbers of a post and of a creator, and the reason for a refused link.
export const home = async (page, key) => {
  const link = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
  const headers = { "X-API-Key": key, "Content-Type": "application/json" };
  const answer = await (await fetch(new URL("/v1/post/stats", page.url()), { method: "POST", headers, body: JSON.stringify({ url: link }) })).json();
  const { views, likes, comments, shares } = answer.data;
  await askedFor(page, link);
  assert.deepEqual(await numbers(page), [views, likes, comments, shares].map(grouped));
  await askedFor(page, "https://www.tiktok.com/@charlidamelio");
  assert.equal(await page.locator("[data-card] dt").first().textContent(), "Followers");
  await askedFor(page, "https://www.tiktok.com/tag/dance");
  assert.equal(await page.locator("#refused a").getAttribute("href"), "/docs/errors#invalid_link");
  assert.ok(await page.locator("[data-card]").isHidden());
  await page.locator("#link").fill(link);
  await page.locator("[data-key-here] summary").click();
  await page.locator("#key").fill(key);
  await page.locator("#key").press("Enter");
  await page.locator("[data-card]").waitFor();
  assert.equal((await numbers(page))[0], grouped(views));
  await page.locator("[data-card] summary").click();
};

// The page shows the account's money, keys and prices, and a bar for each day. A test key has no
// charges, so two days are inserted.
export const billing = async (page, key) => {
  await page.route("**/v1/usage", async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    const day = (ago, charged) => ({ date: new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10), charged, endpoints: [{ endpoint: "post/stats", requests: 9, fresh: 8, charged }] });
    answer.data.days = [day(0, 0.008), day(9, 0.004)];
    await route.fulfill({ response, json: answer });
  });
  await page.locator("#key").fill(key);
  await page.locator("#key").press("Enter");
  await page.locator("svg.chart").waitFor();
  const heights = await page.locator(".chart .day").evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute("height"))));
  assert.equal(heights.length, 31);
  assert.equal(heights.filter((height) => height > 0).length, 2);
  assert.ok(heights[30] > heights[21] && heights[21] > 0);
  await page.locator(".chart a[tabindex='0']").first().focus();
  assert.match(await page.locator("figcaption").textContent(), /^\d{4}-\d\d-\d\d: \$0\.004 \(post\/stats \$0\.004\)$/);
  assert.ok((await page.locator("[data-keys]").textContent()).includes(key.slice(-4)));
  assert.ok((await page.locator("[data-prices]").textContent()).includes("post/stats"));
  await page.unroute("**/v1/usage");
  await page.locator("#key").fill("ct_live_wrong");
  await page.locator("#key").press("Enter");
  await page.locator("#refused a").waitFor();
  assert.equal(await page.locator("#refused a").getAttribute("href"), "/docs/errors#unauthorized");
  assert.ok(await page.locator("[data-account]").isHidden());
};

// The keyboard changes the language, and the code has the reader's key.
export const example = async (page, key) => {
  const block = page.locator(".code", { has: page.locator("[role=tablist]") }).first();
  await block.locator("[role=tab]").first().press("ArrowRight");
  assert.ok((await block.locator(".panel:visible code").textContent()).startsWith("import requests"));
  await page.locator("summary", { hasText: "Use your own key" }).click();
  await page.locator("#key").fill(key);
  await page.locator("#key").press("Enter");
  assert.ok((await block.locator(".panel:visible code").textContent()).includes(key));
  await block.locator("button.run").click();
  await block.locator(".ran code").waitFor();
  assert.match(await block.locator(".ran p").textContent(), /^200 in [\d,]+ ms$/);
  // The key is still used on the next page, and after a step back.
  const here = page.url();
  for (const step of [() => page.locator(".turn .next").click(), () => page.goBack()]) {
    const before = page.url();
    await step();
    await page.waitForFunction((text) => [...document.querySelectorAll("article .code code")].some((code) => code.textContent.includes(text)), key);
    assert.notEqual(page.url(), before);
    assert.equal(await page.locator("main").count(), 1);
  }
  assert.equal(page.url(), here);
};

// Without scripts, the page is complete: a title, every example, and numbers on the card.
export const withoutScript = async (page, path) => {
  assert.ok((await page.locator("h1").textContent()).length > 3, path);
  const [all, visible] = await Promise.all([page.locator(".panel").count(), page.locator(".panel:visible").count()]);
  assert.equal(visible, all, path);
  assert.equal(await page.locator("button:visible").count(), path === "/" ? 1 : 0, path);
  if (path === "/") assert.match((await numbers(page))[0], /^[\d,]{5,}$/);
  if (path === "/billing") assert.ok((await page.locator("noscript").textContent()).includes("/v1/usage"));
};
