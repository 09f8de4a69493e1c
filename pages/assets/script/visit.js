// Shows the first page and the next ones. Without the reader's key, the browser loads linked pages.
// With a key, the script replaces the page's content, so the reader doesn't enter the key again and
// it isn't stored.

const begin = () => {
  whenKeyChanges.length = 0;
  for (const come of whenPageComes) come();
};

// The path of the shown page. Within one page, the browser itself goes back.
let shown = location.pathname;

const visit = async (address) => {
  const response = await fetch(address, { headers: { Accept: "text/html" }, credentials: "omit" });
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  shown = new URL(address).pathname;
  document.title = next.title;
  document.body.replaceChildren(...next.body.childNodes);
  begin();
  const place = document.getElementById(new URL(address).hash.slice(1));
  if (place) place.scrollIntoView();
  else scrollTo(0, 0);
  const main = document.querySelector("main");
  main.tabIndex = -1;
  main.focus({ preventScroll: true });
};

const isOurs = ({ origin, pathname }) =>
  origin === location.origin && (pathname === "/" || pathname === "/billing" || (/^\/docs(\/|$)/.test(pathname) && !pathname.endsWith(".md")));

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!ownKey || !link || !isPlain || !isOurs(new URL(link.href)) || new URL(link.href).pathname === shown) return;
  event.preventDefault();
  history.pushState({}, "", link.href);
  visit(link.href).catch(() => location.reload());
});

addEventListener("popstate", () => {
  if (location.pathname !== shown) visit(location.href).catch(() => location.reload());
});

begin();
