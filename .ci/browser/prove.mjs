// Visits every page of the site in a browser: `node prove.mjs 1280:light 390:dark …`. Each argument
// is a window's width and colour scheme. ADDRESS and API_KEY are the server and a customer's
// sandbox key. With AXE=on, axe-core must find nothing.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { billing, example, home, runs, withoutScript } from "./visits.mjs";

const { ADDRESS, API_KEY, AXE } = process.env;
const axe = AXE === "on" ? await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8") : undefined;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });

// A window that records all faults: errors on the console, requests to other hosts, and requests
// with a key in their URL.
const open = async (width, scheme, javaScriptEnabled = true) => {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, javaScriptEnabled, reducedMotion: "reduce" });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    // The console also shows expected refusals.
    if (message.type() === "error" && !message.text().includes("the server responded with a status of")) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${ADDRESS}/`)) faults.push(`asked ${request.url()}`);
    if (request.url().includes("ct_")) faults.push(`a key in ${request.url()}`);
  });
  return { context, page, faults };
};

const sound = async ({ page, faults }, path, width) => {
  assert.deepEqual(faults, [], path);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= width, `${path} is ${wide} wide in a window of ${width}`);
  if (!axe) return;
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const told = violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
  assert.deepEqual(told, [], path);
};

const listed = async () => {
  const list = await (await fetch(`${ADDRESS}/llms.txt`)).text();
  const documents = [...list.matchAll(/\((http[^)]*\/docs\/[^)]*)\.md\)/g)].map(([, address]) => new URL(address).pathname.replace("/docs/index", "/docs"));
  assert.ok(documents.length > 20);
  return ["/", ...documents, "/billing", "/status", "/nowhere"];
};

let examples = 0;
const paths = await listed();
for (const window of process.argv.slice(2)) {
  const [width, scheme] = window.split(":");
  const visit = await open(Number(width), scheme);
  const { page, context } = visit;
  for (const path of paths) {
    await page.goto(ADDRESS + path);
    await sound(visit, path, Number(width));
    examples += await runs(page);
    if (path === "/") await home(page, API_KEY);
    if (path === "/billing") await billing(page, API_KEY);
    if (path === "/docs/post-stats") await example(page, API_KEY);
    await sound(visit, `${path}, used`, Number(width));
    const kept = await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length);
    assert.equal(kept, 0, `${path} keeps something`);
  }
  await context.close();
  const plain = await open(Number(width), scheme, false);
  for (const path of paths) {
    await plain.page.goto(ADDRESS + path);
    await withoutScript(plain.page, path);
    assert.deepEqual(plain.faults, [], path);
  }
  await plain.context.close();
  console.log(`${window}: ${paths.length} pages`);
}
await browser.close();
assert.ok(examples > 20);
console.log(`${paths.length * (process.argv.length - 2)} passed, 0 failed`);
