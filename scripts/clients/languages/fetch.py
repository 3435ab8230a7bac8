"""Asks for an address by one of Python's clients, and prints how it failed, in the words that FastMCP passes on."""

import asyncio
import sys
import urllib.request

client, url, limit = sys.argv[1], sys.argv[2], float(sys.argv[3]) / 1000


def by_urllib():
    with urllib.request.urlopen(url, timeout=limit) as answer:
        answer.read()


def by_requests():
    import requests

    requests.get(url, timeout=limit).raise_for_status()


def by_httpx():
    import httpx

    httpx.get(url, timeout=limit).raise_for_status()


def by_aiohttp():
    import aiohttp

    async def ask():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=limit)) as session:
            async with session.get(url) as answer:
                answer.raise_for_status()
                await answer.read()

    asyncio.run(ask())


try:
    {"urllib": by_urllib, "requests": by_requests, "httpx": by_httpx, "aiohttp": by_aiohttp}[client]()
except Exception as error:
    print(f"Error executing tool search: {error}")
