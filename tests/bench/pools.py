"""Made-up pools for the benchmarks: any number of records, the same ones for the same seed.

The mix follows real pools of instruction data: five sources of very different lengths and numbers
of turns, a few languages, a tail of long conversations, and a good share of instructions that
come from templates, so that near twins are as common as they are in practice.

    python -m tests.bench.pools --records 300000 --jsonl pool.jsonl
    python -m tests.bench.pools --records 1000000 --project big [--scored]
"""

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from deita_store import Store
from deita_store.store import now
from deita_tui.records import Message, Record, Turn, body, instruction_key, pair_key, uid

BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    share: float
    turns: tuple[int, ...]  # drawn from with equal chance
    ask: tuple[int, int]  # sentences in a question
    answer: tuple[int, int]
    templates: float  # share of records whose first question comes from a template
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Sample:
    source: str
    external_id: str
    messages: tuple[tuple[str, str], ...]


SOURCES = (
    Source("alpaca", 0.40, (1,), (1, 1), (1, 6), 0.5),
    Source("ultrachat", 0.25, (1, 2, 2, 3, 3, 4), (1, 2), (1, 5), 0.2),
    Source("sharegpt", 0.15, (1, 1, 1, 2, 3, 4, 6, 9), (1, 3), (1, 7), 0.1),
    Source("dolly", 0.12, (1,), (1, 3), (1, 4), 0.2),
    Source("oasst-fr", 0.05, (1, 2, 3), (1, 2), (1, 6), 0.1, "fr"),
    Source("coig-zh", 0.03, (1, 2), (1, 1), (1, 4), 0.3, "zh"),
)
_COMMON = {
    "en": "the of and to a in is that it for as was with be by on not he this are or his from at "
    "which but have an had they you were her all one would there their we him been has when who",
    "fr": "le de un être et à il avoir ne je son que se qui ce dans en du elle au pour pas sur été",
    "zh": "的 一 是 了 我 不 人 在 他 有 这 个 上 们 来 到 时 大 地 为 子 中 你 说 生 国 年 着",
}
_SYLLABLES = {
    "en": "ta re mon lin ver sto ca ble pre dic tor al gra phi con ter na sol qui net work tree",
    "fr": "té rai mon lin ver çon ca ble pré dic tour al gra fié con ter na sol qui nette œuv",
    "zh": "学 习 机 器 算 法 数 据 模 型 训 练 语 言 图 树 红 黑 网 络 函 数 程 序 问 题 回 答",
}
_TEMPLATES = (
    "Write a short story about {}.",
    "Explain {} to a beginner, step by step.",
    "Give three examples of {}.",
    "Summarise what is known about {}.",
    "Translate the word {} and use it in a sentence.",
    "Write a function that returns {}.",
)


class _Language:
    """Sentences and words to draw from; building texts word by word would take minutes."""

    def __init__(self, name: str, rng: random.Random) -> None:
        common, syllables = _COMMON[name].split(), _SYLLABLES[name].split()
        self.glue = "" if name == "zh" else " "
        self.words = ["".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(20_000)]
        self.sentences = [self._sentence(common, rng) for _ in range(20_000)]

    def _sentence(self, common: list[str], rng: random.Random) -> str:
        length = rng.randint(6, 24)
        # Squaring a uniform number makes low indexes common, roughly as words are.
        words = [
            rng.choice(common)
            if rng.random() < 0.45
            else self.words[int(rng.random() ** 3 * len(self.words))]
            for _ in range(length)
        ]
        return self.glue.join(words).capitalize() + ("。" if self.glue == "" else ".")


def samples(count: int, seed: int = 0) -> Iterator[Sample]:
    """``count`` records, all different, decided by ``seed`` alone."""
    rng = random.Random(seed)
    languages = {name: _Language(name, rng) for name in _COMMON}
    chosen = rng.choices(SOURCES, [source.share for source in SOURCES], k=count)
    for number, source in enumerate(chosen):
        words = languages[source.language]
        yield Sample(
            source.name, f"{source.name}-{number}", tuple(_messages(source, words, number, rng))
        )


def _messages(
    source: Source, language: _Language, number: int, rng: random.Random
) -> Iterator[tuple[str, str]]:
    for turn in range(rng.choice(source.turns)):
        if turn == 0 and rng.random() < source.templates:
            word = language.words[int(rng.random() ** 2 * 20_000)]
            yield "user", rng.choice(_TEMPLATES).format(word)
        else:
            yield "user", " ".join(rng.choices(language.sentences, k=rng.randint(*source.ask)))
        answer = " ".join(rng.choices(language.sentences, k=rng.randint(*source.answer)))
        # The number keeps records apart that a template would make equal.
        yield "assistant", f"{answer} ({number})" if turn == 0 else answer


def write_jsonl(path: Path, count: int, seed: int = 0) -> None:
    """The pool as a ShareGPT file."""
    names = {"user": "human", "assistant": "gpt"}
    with path.open("w", encoding="utf-8") as file:
        for sample in samples(count, seed):
            turns = [{"from": names[role], "value": text} for role, text in sample.messages]
            row = {"id": sample.external_id, "source": sample.source, "conversations": turns}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_project(folder: Path, count: int, seed: int = 0, *, scored: bool = False) -> None:
    """The pool as a project, as it is after an import and, if asked, a complete scoring run."""
    with Store.create(folder) as store:
        # Nobody needs this project after a power cut.
        store.db.execute("pragma synchronous = off")
        _begin(store, count)
        drawn = enumerate(samples(count, seed), start=1)
        while batch := list(islice(drawn, BATCH)):
            with store.transaction():
                _insert(store, batch)
        if scored:
            _score(store)


def _begin(store: Store, count: int) -> None:
    with store.transaction() as db:
        db.executemany("insert into sources (name) values (?)", [(s.name,) for s in SOURCES])
        db.execute(
            "insert into imports (path, file_name, mapping, state, rows_done, imported, started_at)"
            " values ('pool.jsonl', 'pool.jsonl', '{}', 'complete', ?, ?, ?)",
            (count, count, now()),
        )


def _insert(store: Store, batch: list[tuple[int, Sample]]) -> None:
    numbers = {source.name: number for number, source in enumerate(SOURCES, start=1)}
    records, versions, occurrences, turns = [], [], [], []
    for id_, sample in batch:
        messages = tuple(Message(role, text) for role, text in sample.messages)  # type: ignore[arg-type]
        text = body(Record(messages))
        chars = sum(len(message.content) for message in messages)
        source, count = numbers[sample.source], len(messages) // 2
        records.append((id_, uid(text), id_, source, count, chars))
        versions.append((id_, id_, count, chars, text.decode()))
        occurrences.append((id_ - 1, id_, source, sample.external_id))
        for turn in range(count):
            pair = Turn(messages[2 * turn].content, messages[2 * turn + 1].content)
            turns.append((id_, turn, instruction_key(pair.instruction), pair_key(pair)))
    add = store.db.executemany
    add(
        "insert into records (id, uid, conversation_id, source_id, turns, chars)"
        " values (?, ?, ?, ?, ?, ?)",
        records,
    )
    add(
        "insert into conversations (id, record_id, turns, chars, body) values (?, ?, ?, ?, ?)",
        versions,
    )
    add(
        "insert into occurrences (import_id, row, record_id, source_id, external_id)"
        " values (1, ?, ?, ?, ?)",
        occurrences,
    )
    add("insert into turns (conversation_id, turn, instruction, pair) values (?, ?, ?, ?)", turns)
    add(
        "insert or replace into derived (name, conversation_id) values ('turns', ?)",
        [(batch[-1][0],)],
    )


def _score(store: Store) -> None:
    """Scores between 1 and 6 that the text's hash decides, for both DEITA scorers."""
    store.db.create_function("fair", 1, _fair, deterministic=True)
    for measures, reads in (("complexity", "instruction"), ("quality", "pair")):
        with store.transaction() as db:
            scorer = db.execute(
                "insert into scorers (identity, name, measures, reads, config, created_at)"
                " values (?, ?, ?, ?, '{}', ?) returning id",
                (f"pool-{measures}", f"pool-{measures}", measures, reads, now()),
            ).fetchone()[0]
            # In key order: a primary key of hashes is slow to fill in any other.
            db.execute(
                f"insert into scores (scorer_id, text, value) select ?, {reads}, fair({reads})"
                f" from (select distinct {reads} from turns order by {reads})",
                (scorer,),
            )
            db.execute(
                "insert into record_scores (scorer_id, conversation_id, scored, failed, mean)"
                f" select ?, conversation_id, count(*), 0, avg(fair({reads})) from turns"
                " group by conversation_id",
                (scorer,),
            )


def _fair(key: bytes) -> float:
    return 1 + 5 * int.from_bytes(key[:4], "big") / 0xFFFFFFFF


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a made-up pool.")
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jsonl", type=Path, help="write the records to this file")
    parser.add_argument("--project", type=Path, help="write a project into this new folder")
    parser.add_argument("--scored", action="store_true", help="with made-up scores")
    options = parser.parse_args()
    started = time.perf_counter()
    if options.jsonl:
        write_jsonl(options.jsonl, options.records, options.seed)
    if options.project:
        write_project(options.project, options.records, options.seed, scored=options.scored)
    print(f"{options.records:,} records in {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
