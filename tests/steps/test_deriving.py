from collections.abc import Callable
from pathlib import Path

from deita_store import settings
from deita_store.store import Store
from deita_tui import records
from deita_tui.records import Turn
from deita_tui.steps import deriving, importing
from deita_tui.steps.importing import ImportArgs

Write = Callable[..., Path]


CHAT: dict[str, object] = {
    "messages": [
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": "Two?"},
        {"role": "assistant", "content": " "},
    ]
}
ASSISTANT_FIRST: dict[str, object] = {
    "messages": [
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Hi?"},
        {"role": "assistant", "content": "Hi."},
    ]
}


def derive(store: Store) -> list[int]:
    return [progress.done for progress in deriving.run(store)]


def test_turns_name_the_texts_that_scorers_read(store: Store, write: Write) -> None:
    list(importing.run(store, ImportArgs(str(write([CHAT])))))
    assert derive(store) == [0, 1]
    assert store.db.execute("select * from turns order by turn").fetchall() == [
        (1, 0, records.instruction_key("One?"), records.pair_key(Turn("One?", "1")), None),
        (
            1,
            1,
            records.instruction_key("Two?"),
            records.pair_key(Turn("Two?", " ")),
            "empty response",
        ),
    ]


def test_only_what_is_new_is_derived(store: Store, write: Write) -> None:
    list(importing.run(store, ImportArgs(str(write([CHAT])))))
    derive(store)
    assert derive(store) == [0]
    list(importing.run(store, ImportArgs(str(write([CHAT, ASSISTANT_FIRST], "more.jsonl")))))
    assert derive(store) == [0, 1]
    assert derive(store) == [0]
    (newest,) = store.db.execute("select max(id) from conversations").fetchone()
    assert deriving.watermark(store) == newest


def test_the_pairing_rule_is_the_projects(store: Store, write: Write) -> None:
    settings.put(store, "pairing", "reference")
    list(importing.run(store, ImportArgs(str(write([ASSISTANT_FIRST])))))
    derive(store)
    assert store.db.execute("select instruction, problem from turns order by turn").fetchall() == [
        (records.instruction_key("Hello."), None),
        (records.instruction_key("Hi."), "empty response"),
    ]
