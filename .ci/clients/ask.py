"""Sends requests with a client that openapi-python-client generated."""

import os
from datetime import timezone

from creator_tracking import AuthenticatedClient
from creator_tracking.api.account import past_request
from creator_tracking.api.creators import channel_videos
from creator_tracking.api.posts import post_stats
from creator_tracking.models import (
    ChannelVideos,
    ChannelVideosRequest,
    ChannelVideosRequestPlatformType0,
    Error,
    Platform,
    PostStats,
    PostStatsRequest,
)

client = AuthenticatedClient(base_url=os.environ["ADDRESS"], token=os.environ["API_KEY"])

answer = post_stats.sync(client=client, body=PostStatsRequest(url="https://youtu.be/dQw4w9WgXcQ"))
post = answer.data
assert isinstance(post, PostStats), answer
assert (post.platform, post.provider) == (Platform.YOUTUBE, "sandbox"), post
assert isinstance(post.views, int) and post.shares is None, post
assert post.fetched_at.tzinfo == timezone.utc, post

platform = ChannelVideosRequestPlatformType0.TIKTOK
wish = ChannelVideosRequest(username="charlidamelio", platform=platform, limit=3)
videos = channel_videos.sync(client=client, body=wish).data
assert isinstance(videos, ChannelVideos) and len(videos.videos) == 3, videos

refused = past_request.sync(client=client, request_id="nobodys")
assert isinstance(refused, Error) and refused.code == "not_found", refused
