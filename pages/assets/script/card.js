// The link box: the reader enters a link to a post or a creator, and the card shows its numbers.

const NUMBERS = {
  post: { views: "Views", likes: "Likes", comments: "Comments", shares: "Shares" },
  creator: { followers: "Followers", following: "Following", posts_count: "Posts" },
};

const grouped = (number) => (number === null || number === undefined ? "null" : number.toLocaleString("en-US"));

const fillCard = (card, answer, text) => {
  const { data } = answer;
  const names = NUMBERS[data.post_id === undefined ? "creator" : "post"];
  const told = Object.entries(names).map(([field, name]) =>
    make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: grouped(data[field]) })),
  );
  card.querySelector(".numbers").replaceChildren(...told);
  card.querySelector(".counted").textContent = JSON.parse(card.dataset.kinds)[data.views_kind] ?? "";
  card.querySelector(".provider").textContent = data.provider;
  card.querySelector("time").textContent = data.fetched_at.replace("T", " ").slice(0, 16);
  card.querySelector("code").textContent = JSON.stringify(JSON.parse(text), null, 2);
  card.querySelector(".made-up").hidden = data.provider !== "sandbox";
  card.hidden = false;
};

// The post's counts, or the profile if the link leads to a creator.
const numbersOf = async (url) => {
  const body = JSON.stringify({ url });
  const post = await ask("POST", "/v1/post/stats", body);
  if (JSON.parse(post.text).code !== "invalid_link") return post;
  const creator = await ask("POST", "/v1/profile", body);
  return creator.status === 400 ? post : creator;
};

whenPageComes.push(() => {
  const card = document.querySelector("[data-card]");
  const form = document.querySelector("[data-ask]");
  if (!card || !form) return;
  const refused = form.querySelector(".refused");
  const show = async () => {
    form.ariaBusy = "true";
    try {
      const { text } = await numbersOf(form.url.value.trim());
      const answer = JSON.parse(text);
      refuse(refused, answer);
      card.hidden = !answer.ok;
      if (answer.ok) fillCard(card, answer, text);
    } catch {
      refuse(refused, UNREACHABLE);
    }
    form.ariaBusy = "false";
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  whenKeyChanges.push(show);
});

