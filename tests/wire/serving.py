"""A completion server to be asked over a real socket, and what may go wrong with one.

It answers in the words of llama.cpp's server or of vLLM, with the numbers of a ``FakeJudge``, whose
tokens are bytes. A ``Fault`` stands between a question and its answer.
"""

import asyncio
import contextlib
import json
import math
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aiohttp import web

from deita_tui.backends.fake import FakeJudge, FakeSettings

VOCABULARY = 257
Fault = Callable[[web.Request, int], Awaitable[web.StreamResponse | None]]
"""Called with the request and how many of its kind came before; None lets it pass."""


@dataclass
class Served:
    """A server, and what it was asked."""

    kind: str = "llama.cpp"
    judge: FakeJudge = field(default_factory=lambda: FakeJudge("served", FakeSettings()))
    fault: Fault | None = None
    """What happens to a completion that is asked for."""
    key: str = ""
    """Nobody is let in without it."""
    most_top: int = VOCABULARY
    """The most of the likeliest tokens that it tells."""
    names_ids: bool = True
    knows_choices: bool = True
    """Does it tell of the tokens that it is asked about, as a recent vLLM does?"""
    reads_specials: bool = False
    n_ctx: int = 4096
    model: str = "tiny"
    tokenizes: bool = True
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of completions, in order of arrival."""
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def completion(self, request: web.Request) -> web.StreamResponse:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.json_response({"error": {"message": "Invalid API Key"}}, status=401)
        self.headers.append(dict(request.headers))
        body = await request.json()
        self.asked.append(body)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.fault and (said := await self.fault(request, len(self.asked) - 1)):
                return said
            return self._answer(body)
        finally:
            self.at_once -= 1

    def _answer(self, body: dict[str, Any]) -> web.Response:
        prompt = body["prompt"]
        if len(prompt) >= self.n_ctx:
            too_long = {"error": {"code": 400, "message": "exceeds the available context size"}}
            return web.json_response(too_long, status=400)
        if "n_probs" in body:
            top = self._likeliest(prompt, min(body["n_probs"], self.most_top))
            entries = [_entry(id_, value, self.names_ids) for id_, value in top.items()]
            step = {**entries[0], "top_logprobs": entries}
            said: dict[str, Any] = {"completion_probabilities": [step], "truncated": False}
            return web.json_response({**said, "tokens_evaluated": len(prompt)})
        return self._openai(body, prompt)

    def _openai(self, body: dict[str, Any], prompt: list[int]) -> web.Response:
        choice: dict[str, Any] = {"index": 0, "text": "x", "logprobs": None}
        if body.get("logprobs"):
            if body["logprobs"] > self.most_top:
                said = {"error": {"message": f"more than the {self.most_top} allowed"}}
                return web.json_response(said, status=400)
            wanted = body.get("logprob_token_ids") if self.knows_choices else None
            top = self._likeliest(prompt, VOCABULARY)
            kept = {id_: top[id_] for id_ in wanted or list(top)[: body["logprobs"]]}
            names = {
                (f"token_id:{id_}" if self.names_ids else chr(id_ % 256)): value
                for id_, value in kept.items()
            }
            choice["logprobs"] = {"top_logprobs": [names]}
        if "prompt_logprobs" in body:
            said_of = self.judge.logprobs([(prompt[:1], prompt[1:])])[0].tolist()
            choice["prompt_logprobs"] = [
                None,
                *({str(id_): {"logprob": v}} for id_, v in zip(prompt[1:], said_of, strict=True)),
            ]
        usage = {"prompt_tokens": len(prompt), "completion_tokens": 1}
        return web.json_response({"choices": [choice], "usage": usage, "model": self.model})

    def _likeliest(self, prompt: list[int], count: int) -> dict[int, float]:
        values = self.judge.next_logprobs([prompt], range(VOCABULARY))[0].tolist()
        order = sorted(range(VOCABULARY), key=lambda id_: -values[id_])
        return {id_: values[id_] for id_ in order[:count]}

    async def tokenize(self, request: web.Request) -> web.Response:
        body = await request.json()
        special = body.get("add_special", body.get("add_special_tokens"))
        text = body.get("content", body.get("prompt"))
        if self.reads_specials and text == "</s>":
            return web.json_response({"tokens": [2]})
        return web.json_response({"tokens": self.judge.tokens(text)[0 if special else 1 :]})

    async def models(self, request: web.Request) -> web.Response:
        entry: dict[str, Any] = {"id": self.model, "owned_by": self.kind}
        if self.kind == "vllm":
            entry |= {"root": self.model, "max_model_len": self.n_ctx}
        else:
            entry |= {"meta": {"n_vocab": VOCABULARY, "n_params": 7, "size": 8}}
        return web.json_response({"data": [entry]})

    async def props(self, request: web.Request) -> web.Response:
        settings = {"n_ctx": self.n_ctx}
        path = f"/models/{self.model}"
        return web.json_response(
            {"default_generation_settings": settings, "model_path": path, "total_slots": 2}
        )

    def routes(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/v1/models", self.models)
        app.router.add_post("/v1/completions", self.completion)
        if self.tokenizes:
            app.router.add_post("/tokenize", self.tokenize)
        if self.kind == "llama.cpp":
            app.router.add_get("/props", self.props)
            app.router.add_post("/completion", self.completion)
        return app


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Where all servers of the tests live; it is never stopped, so nothing can outlive it."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


@contextlib.contextmanager
def serving(served: Served) -> Iterator[Served]:
    """Have ``served`` listen on a port of this machine while the block runs."""

    async def start() -> web.AppRunner:
        runner = web.AppRunner(served.routes(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def stop() -> None:
        # asyncio leaves a connection half open that comes in while its server closes, and a client
        # that gave up may have one on its way: whoever is at the door is let in first.
        for _ in range(10):
            await asyncio.sleep(0)
        await runner.cleanup()

    runner = asyncio.run_coroutine_threadsafe(start(), _loop()).result()
    try:
        yield served
    finally:
        asyncio.run_coroutine_threadsafe(stop(), _loop()).result()


def at_first(times: int, fault: Fault) -> Fault:
    """``fault`` for the first so many questions, and then no more."""

    async def some(request: web.Request, before: int) -> web.StreamResponse | None:
        return await fault(request, before) if before < times else None

    return some


def status(code: int, **headers: str) -> Fault:
    """An answer of that status."""

    async def answer(request: web.Request, before: int) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        said = json.dumps({"error": {"message": f"it is {code}\x1b[31m"}})
        return web.Response(status=code, headers=named, text=said)

    return answer


def text(content: str, kind: str = "text/html") -> Fault:
    """An answer of something else than was asked for."""

    async def answer(request: web.Request, before: int) -> web.StreamResponse:
        return web.Response(text=content, content_type=kind)

    return answer


async def cut(request: web.Request, before: int) -> web.StreamResponse:
    """The connection ends in the middle of an answer."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"completion_probabi')
    assert request.transport is not None
    request.transport.abort()
    return response


async def huge(request: web.Request, before: int) -> web.StreamResponse:
    """An answer far larger than any could be."""
    return web.Response(body=b" " * 4_000_000, content_type="application/json")


def slow(seconds: float) -> Fault:
    """An answer that takes its time."""

    async def later(request: web.Request, before: int) -> None:
        await asyncio.sleep(seconds)

    return later


def _entry(id_: int, value: float, named: bool) -> dict[str, Any]:
    lowest = -3.4e38 if math.isinf(value) else value
    return ({"id": id_} if named else {}) | {"token": chr(id_ % 128), "logprob": lowest}
