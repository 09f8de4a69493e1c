// Sends requests with a client that openapi-typescript generated.
import createClient from "openapi-fetch";
import type { paths } from "./schema";

declare const process: { env: { [name: string]: string } };

const client = createClient<paths>({
  baseUrl: process.env.ADDRESS,
  headers: { "X-API-Key": process.env.API_KEY },
});

const posts = await client.POST("/v1/post/stats", { body: { url: "https://youtu.be/dQw4w9WgXcQ" } });
if (!posts.data || !("views" in posts.data.data)) throw new Error(JSON.stringify(posts.error));
const views: number | null = posts.data.data.views;
if (typeof views !== "number" || posts.data.data.provider !== "sandbox") throw new Error(JSON.stringify(posts.data));

const videos = await client.POST("/v1/channel/videos", {
  body: { username: "charlidamelio", platform: "tiktok", limit: 3 },
});
if (!videos.data || !("videos" in videos.data.data) || videos.data.data.count !== 3) throw new Error("not three videos");

const refused = await client.GET("/v1/requests/{request_id}", { params: { path: { request_id: "nobodys" } } });
if (refused.error?.code !== "not_found") throw new Error("an unknown request was found");
