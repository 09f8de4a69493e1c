"""Lists and calls every tool with MCP's official Python client, in each revision of MCP.

The client validates every answer by its tool's schema.
"""

import asyncio
import os

from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

URL = os.environ["ADDRESS"] + "/mcp"
POST = {"url": "https://youtu.be/dQw4w9WgXcQ"}
CREATOR = {"username": "charlidamelio", "platform": "tiktok"}
ARGUMENTS = {
    "post_stats": POST,
    "post_stats_batch": {"posts": [POST["url"], {"url": "7123456789", "platform": "tiktok"}]},
    "profile": CREATOR,
    "channel_videos": CREATOR | {"limit": 3},
    "median_views": CREATOR,
    "email": CREATOR,
    "usage": {"days": 7},
    "platforms": {},
    "status": {},
}


def client(mode, key=None):
    """A client that starts in this mode, with this key."""
    headers = {"Authorization": f"Bearer {key}"} if key else None
    return Client(streamable_http_client(URL, http_client=create_mcp_http_client(headers=headers)), mode=mode)


async def calls_every_tool(mode, revision):
    async with client(mode, os.environ["API_KEY"]) as session:
        assert session.protocol_version == revision, session.protocol_version
        assert "null means" in session.instructions, session.instructions
        listed = {tool.name for tool in (await session.list_tools()).tools}
        assert listed == ARGUMENTS.keys(), listed ^ ARGUMENTS.keys()
        for name, arguments in ARGUMENTS.items():
            # The client raises an error if the answer doesn't match the tool's output schema.
            result = await session.call_tool(name, arguments)
            assert not result.is_error, result
            text = result.content[0].text
            assert text.startswith("MADE-UP NUMBERS") == (name != "status"), text
            assert result.structured_content["receipt"]["is_made_up"] == (name != "status"), result
        wrong = await session.call_tool("post_stats", {"url": "https://www.tiktok.com/tag/dance"})
        assert wrong.is_error and "code: invalid_link" in wrong.content[0].text, wrong


async def is_told_how_to_send_a_key():
    async with client("auto") as session:
        assert len((await session.list_tools()).tools) == len(ARGUMENTS)
        result = await session.call_tool("post_stats", POST)
        assert result.is_error and result.structured_content is None, result
        assert "ct_test_000" in result.content[0].text, result


async def main():
    await calls_every_tool("legacy", "2025-11-25")
    await calls_every_tool("auto", "2026-07-28")
    await is_told_how_to_send_a_key()


asyncio.run(main())
