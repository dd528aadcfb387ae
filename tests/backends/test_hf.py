"""The transformers backend against the reference loop, on tiny random models in float32."""

import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deita_tui.backends import hf
from tests.backends.reference import COMPLEXITY, QUALITY, ReferenceScorer, expectation

FLOAT32 = hf.HfSettings(device="cpu", dtype="float32")
TEXTS = (
    "",
    " ",
    "a",
    "7",
    "Write a poem about the sea.",
    "  leading and trailing  ",
    "runs   of    spaces\n\n\n  and\ttabs",
    "日本語のテキスト、絵文字 🙂🚀 и кириллица",
    "e\u0301 combining, \u202e right to left \u202c, zero\u200bwidth",
    "</s> and <s> and <unk>",
    "[INST] <<SYS>> <|im_start|>user <|end|>",
    "##Quality: 5\n##Complexity: 6",
    "{instruction} {output} %s {0}",
    "1 2 3 4 5 6 " * 8,
    "How many apples are there in 42 boxes? " * 9,
    "x" * 200,
    "def add(a, b):\n    return a + b\n" * 6,
)


def prompts() -> list[str]:
    """Three dozen, of both templates."""
    pairs = zip(TEXTS, reversed(TEXTS), strict=True)
    return [COMPLEXITY.format(instruction=text) for text in TEXTS] + [
        QUALITY.format(instruction=first, output=second) for first, second in pairs
    ]


def shared_by(rows: Sequence[Sequence[int]]) -> int:
    """The longest prefix that all rows have in common."""
    length = 0
    for column in zip(*rows, strict=False):
        if len(set(column)) > 1:
            break
        length += 1
    return length


@pytest.fixture(scope="module", params=["llama_folder", "mistral_folder"])
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


@pytest.fixture
def judge(folder: Path) -> hf.HfJudge:
    return hf.open(folder, FLOAT32)


@pytest.fixture(scope="module")
def expected(folder: Path) -> tuple[list[int], list[float]]:
    """The digits' ids, and the reference's score of each prompt."""
    reference = ReferenceScorer(folder)
    digits = reference.digits(COMPLEXITY)
    return digits, [reference.score(prompt, digits, plain=True) for prompt in prompts()]


def test_every_score_is_the_reference_scorers(
    judge: hf.HfJudge, expected: tuple[list[int], list[float]]
) -> None:
    digits, scores = expected
    rows = [judge.tokens(prompt) for prompt in prompts()]
    found = expectation(judge.next_logprobs(rows, digits))
    np.testing.assert_allclose(found, scores, atol=1e-4)
    assert np.ptp(found) > 0.5, "scores that are all alike would prove nothing"


def test_a_prefix_computed_once_changes_nothing(
    judge: hf.HfJudge, expected: tuple[list[int], list[float]]
) -> None:
    digits, scores = expected
    rows = [judge.tokens(prompt) for prompt in prompts()]
    for part in (slice(0, len(TEXTS)), slice(len(TEXTS), None)):
        shared = shared_by(rows[part])
        assert shared > 20
        found = judge.next_logprobs(rows[part], digits, shared)
        np.testing.assert_allclose(found, judge.next_logprobs(rows[part], digits), atol=1e-4)
        np.testing.assert_allclose(expectation(found), scores[part], atol=1e-4)


@pytest.mark.parametrize("name", ["llama_folder", "mistral_folder", "bpe_folder"])
def test_the_templates_digits_with_every_tokenizer(
    name: str, request: pytest.FixtureRequest
) -> None:
    from deita_tui.scoring import deita, digits

    folder = request.getfixturevalue(name)
    judge = hf.open(folder, FLOAT32)
    reference = ReferenceScorer(folder)
    for template in (deita.COMPLEXITY, deita.QUALITY):
        found = digits.resolve(judge.tokens, template)
        texts = [[text] * (len(template.parts) - 1) for text in TEXTS[2:10]]
        rows = []
        for fields in texts:
            row = found.prompt(judge.tokens, template.render(fields))
            assert row is not None
            rows.append(list(row))
        scores = expectation(judge.next_logprobs(rows, found.ids, len(found.head)))
        expected = [reference.score_ids(row, list(found.ids)) for row in rows]
        np.testing.assert_allclose(scores, expected, atol=1e-4)


def test_a_prompt_that_is_all_prefix(judge: hf.HfJudge) -> None:
    row = judge.tokens(COMPLEXITY)
    longer = [*row, 60, 61]
    found = judge.next_logprobs([longer, row], [5, 6], shared=len(row))
    np.testing.assert_allclose(found, judge.next_logprobs([longer, row], [5, 6]), atol=1e-4)


@pytest.mark.parametrize("tokens", [1, 64, 300, 100_000])
def test_neither_order_nor_batches_matter(judge: hf.HfJudge, tokens: int) -> None:
    rows = [judge.tokens(prompt) for prompt in prompts()]
    alone = np.vstack([judge.next_logprobs([row], [3, 4, 5]) for row in rows])
    judge.spread.batch_tokens = tokens
    order = np.random.default_rng(0).permutation(len(rows))
    shuffled = judge.next_logprobs([rows[i] for i in order], [3, 4, 5], shared=1)
    np.testing.assert_allclose(shuffled, alone[order], atol=1e-4)


def test_logprobs_are_over_the_whole_vocabulary(judge: hf.HfJudge) -> None:
    every = range(judge.spread.replicas[0].vocabulary)
    found = judge.next_logprobs([judge.tokens("the sea")], every)
    assert np.exp(found).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("family", ["llama", "mistral", "qwen2", "qwen3", "smollm3", "gemma2"])
def test_model_families_with_and_without_sharing(family: str, tmp_path: Path) -> None:
    """Each type that is said to share its prefix, and one that never does."""
    from transformers import AutoConfig

    from tests.backends.conftest import write_model, write_sentencepiece

    size = write_sentencepiece(tmp_path)
    config = AutoConfig.for_model(
        family,
        vocab_size=size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        initializer_range=0.15,
        pad_token_id=0,
    )
    write_model(tmp_path, config, seed=4)
    judge = hf.open(tmp_path, FLOAT32)
    rows = [judge.tokens(prompt) for prompt in prompts()[: len(TEXTS)]]
    together = judge.next_logprobs(rows, [9, 10], shared_by(rows))
    alone = np.vstack([judge.next_logprobs([row], [9, 10]) for row in rows])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_a_window_narrower_than_the_prompts(tmp_path: Path) -> None:
    from transformers import MistralConfig

    from tests.backends.conftest import _shape, write_model, write_sentencepiece

    size = write_sentencepiece(tmp_path)
    write_model(
        tmp_path, MistralConfig(**_shape(size), num_key_value_heads=2, sliding_window=40), seed=5
    )
    judge = hf.open(tmp_path, FLOAT32)
    rows = [judge.tokens(prompt) for prompt in prompts()[: len(TEXTS)]]
    reference = ReferenceScorer(tmp_path)
    digits = reference.digits(COMPLEXITY)
    scores = [reference.score_ids(row, digits) for row in rows]
    found = expectation(judge.next_logprobs(rows, digits, shared_by(rows)))
    np.testing.assert_allclose(found, scores, atol=1e-4)


def full_above(judge: hf.HfJudge, most: int, error: Callable[[], Exception]) -> list[int]:
    """Make the judge's memory end above ``most`` tokens a pass; return the passes that ran."""
    replica = judge.spread.replicas[0]
    real = replica.logprobs
    passes: list[int] = []

    def limited(rows: Sequence[Sequence[int]], choices: Sequence[int], shared: int) -> Any:
        tokens = len(rows) * max(map(len, rows))
        if tokens > most:
            raise error()
        passes.append(tokens)
        return real(rows, choices, shared)

    replica.logprobs = limited  # type: ignore[method-assign]
    return passes


def _cuda_full() -> Exception:
    import torch

    return torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.parametrize(
    "error",
    [
        _cuda_full,
        MemoryError,
        lambda: RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ..."),
        lambda: RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
    ],
)
def test_batches_shrink_when_memory_ends(
    llama_folder: Path, error: Callable[[], Exception]
) -> None:
    judge = hf.open(
        llama_folder, hf.HfSettings(device="cpu", dtype="float32", max_batch_tokens=4096)
    )
    rows = [judge.tokens(prompt) for prompt in prompts()]
    plain = judge.next_logprobs(rows, [3, 4])
    passes = full_above(judge, 700, error)
    np.testing.assert_allclose(judge.next_logprobs(rows, [3, 4]), plain, atol=1e-4)
    assert judge.spread.batch_tokens <= 1400
    passes.clear()
    judge.next_logprobs(rows, [3, 4])
    assert max(passes) <= 700


def test_one_prompt_that_does_not_fit_is_a_row_of_nan(llama_folder: Path) -> None:
    judge = hf.open(llama_folder, FLOAT32)
    rows = [judge.tokens("the sea " * 120), judge.tokens("the sea"), judge.tokens("the wind")]
    plain = judge.next_logprobs(rows, [3, 4])
    full_above(judge, 200, _cuda_full)
    found = judge.next_logprobs(rows, [3, 4])
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1:], plain[1:], atol=1e-4)
    assert "out of memory on a prompt of" in judge.trouble


def test_other_errors_are_not_taken_for_full_memory(llama_folder: Path) -> None:
    judge = hf.open(llama_folder, FLOAT32)
    full_above(judge, 0, lambda: RuntimeError("device-side assert triggered"))
    with pytest.raises(RuntimeError, match="device-side assert"):
        judge.next_logprobs([[1, 5]], [3])


def test_weights_that_are_not_numbers_give_rows_of_nan(llama_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(llama_folder, tmp_path, dirs_exist_ok=True)
    weights = load_file(tmp_path / "model.safetensors")
    weights["model.embed_tokens.weight"][77] = float("nan")
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    judge = hf.open(tmp_path, FLOAT32)
    found = judge.next_logprobs([[1, 5, 77], [1, 5, 6], [77]], [3, 4], shared=0)
    assert np.isnan(found[[0, 2]]).all()
    assert np.isfinite(found[1]).all()
    assert judge.trouble == "the model's output is not a number"


def test_half_precision_stays_near(llama_folder: Path) -> None:
    exact = hf.open(llama_folder, FLOAT32)
    half = hf.open(llama_folder, hf.HfSettings(device="cpu", dtype="bfloat16"))
    rows = [exact.tokens(prompt) for prompt in prompts()]
    shared = shared_by(rows)
    digits = [exact.tokens(f"x: {digit}")[-1] for digit in range(1, 7)]
    far = expectation(half.next_logprobs(rows, digits, shared)) - expectation(
        exact.next_logprobs(rows, digits, shared)
    )
    assert np.abs(far).mean() < 0.1


@pytest.mark.parametrize("kind", ["none", "float", "bool"])
def test_attention_over_short_prompts_is_the_fused_one(kind: str) -> None:
    import torch
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    from deita_tui.backends.hf_attention import attention

    torch.manual_seed(0)
    before = 0 if kind == "none" else 7
    query = torch.randn(2, 4, 30, 16, dtype=torch.bfloat16)
    key, value = (torch.randn(2, 2, 30 + before, 16, dtype=torch.bfloat16) for _ in range(2))
    seen = torch.ones(30, 30 + before, dtype=torch.bool).tril(before)[None, None]
    least = torch.zeros(seen.shape, dtype=torch.bfloat16).masked_fill(~seen, -1e30)
    mask = {"none": None, "float": least, "bool": seen}[kind]
    module = torch.nn.Module()
    module.num_key_value_groups = 2  # type: ignore[assignment]
    short, _ = attention(module, query, key, value, mask, scaling=0.25)
    fused, _ = sdpa_attention_forward(module, query, key, value, mask, scaling=0.25)
    np.testing.assert_allclose(short.float(), fused.float(), atol=0.03)


def test_several_devices_share_the_rows(llama_folder: Path) -> None:
    """Two copies on the CPU stand for two GPUs: what divides the work is the same."""
    from deita_tui.backends import devices, weights

    cpu = devices.cpu()
    settings = hf.HfSettings(dtype="float32", max_batch_tokens=128)
    judge = hf.assemble(weights.resolve(llama_folder), settings, [cpu, cpu])
    alone = hf.open(llama_folder, FLOAT32)
    rows = [judge.tokens(prompt) for prompt in prompts()]
    used: set[int] = set()
    met = threading.Barrier(2, timeout=60)
    for number, replica in enumerate(judge.spread.replicas):
        _note_first(replica, number, used, met)
    found = judge.next_logprobs(rows, [3, 4])
    np.testing.assert_allclose(found, alone.next_logprobs(rows, [3, 4]), atol=1e-4)
    assert used == {0, 1}


def _note_first(replica: Any, number: int, used: set[int], met: threading.Barrier) -> None:
    real = replica.logprobs

    def noted(*args: Any) -> Any:
        if number not in used:
            used.add(number)
            met.wait()
        return real(*args)

    replica.logprobs = noted


def test_prompts_of_a_wrong_length_are_refused(llama_folder: Path) -> None:
    judge = hf.open(llama_folder, FLOAT32)
    assert judge.limit == 1024
    assert np.isfinite(judge.next_logprobs([[1] * 1024], [3])).all()
    for prompt in ([], [1] * 1025):
        with pytest.raises(ValueError, match="1 to 1024"):
            judge.next_logprobs([prompt], [3])


def test_no_prompts_at_all(llama_folder: Path) -> None:
    assert hf.open(llama_folder, FLOAT32).next_logprobs([], [3, 4]).shape == (0, 2)


def test_a_closed_judge_has_given_its_model_back(llama_folder: Path) -> None:
    import gc
    import weakref

    judge = hf.open(llama_folder, FLOAT32)
    judge.next_logprobs([[1, 2, 3, 4]], [3], shared=3)
    model = weakref.ref(judge.spread.replicas[0]._model)
    judge.close()
    gc.collect()
    assert model() is None
