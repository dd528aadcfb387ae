"""Loading a transformers model: precision, quantization, and what can go wrong."""

import gc
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from deita_tui.backends import hf_attention
from deita_tui.backends.devices import Device
from deita_tui.backends.hf_replica import SHARING
from deita_tui.backends.weights import Weights
from deita_tui.errors import JobError, MissingExtraError, UsageError

if TYPE_CHECKING:
    from deita_tui.backends.hf import HfSettings


def precision(settings: "HfSettings", devices: tuple[Device, ...]) -> str:
    """What ``dtype = auto`` means here: half precision where the hardware has it, else float32."""
    if settings.dtype != "auto":
        return settings.dtype
    if all(device.bfloat16 for device in devices):
        return "bfloat16"
    return "float32" if devices[0].name == "cpu" else "float16"


def load(
    weights: Weights, device: Device, dtype: str, quantize: str, *, headless: bool = False
) -> Any:
    """A causal language model on ``device``, ready for inference.

    Args:
        weights: the model.
        device: where to put it.
        dtype: what to compute in.
        quantize: what to squeeze the weights into.
        headless: take the layers alone, up to the last hidden state; any model will do.

    Raises:
        UsageError: it is no such model, or its files do not fit its config.
        JobError: it does not fit into the memory.
    """
    import torch
    import transformers

    _quiet(transformers)
    options: dict[str, Any] = {}
    if quantize != "none":
        options["quantization_config"] = _quantization(transformers, quantize, device)
        options["device_map"] = device.name
    try:
        kind: Any = transformers.AutoModel if headless else transformers.AutoModelForCausalLM
        loaded: Any = kind.from_pretrained(
            weights.path,
            dtype=getattr(torch, dtype),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=not weights.pickled,
            output_loading_info=True,
            **options,
        )
        model, facts = loaded
        _check(weights, facts)
        if not headless:
            _check_head(weights, model)
        model = model.eval().requires_grad_(False)
        if device.name == "cpu" and model.config.model_type in SHARING:
            hf_attention.register()
            model.set_attn_implementation(hf_attention.NAME)
        return model if quantize != "none" else model.to(device.name)
    except Exception as error:
        if is_out_of_memory(error):
            gc.collect()
            raise _too_big(weights, device) from error
        if isinstance(error, _unreadable()):
            raise UsageError(
                f"{weights.name} cannot be loaded as a language model ({_first_line(error)}).",
                "It must be a causal language model that transformers knows without its own code.",
            ) from error
        raise


def is_out_of_memory(error: BaseException) -> bool:
    """Is this how a device says that its memory is full? torch has three ways of saying it."""
    import torch

    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    text = str(error)
    said = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, RuntimeError) and any(words in text for words in said)


def _unreadable() -> tuple[type[Exception], ...]:
    """What transformers, safetensors and torch raise for files that are no model."""
    from pickle import UnpicklingError

    from safetensors import SafetensorError

    return (
        AttributeError,
        ImportError,
        KeyError,
        OSError,
        RuntimeError,
        SafetensorError,
        UnpicklingError,
        ValueError,
    )


def _check(weights: Weights, facts: dict[str, Any]) -> None:
    """Weights that are missing would be made up at random, and score at random."""
    # The pooler stands behind the last hidden state, which is all that is asked of such a model.
    missing = sorted(key for key in facts.get("missing_keys") or () if "pooler." not in key)
    wrong = sorted(str(key) for key in facts.get("mismatched_keys") or ())
    if missing or wrong:
        raise UsageError(
            f"{weights.name} is incomplete: {(missing or wrong)[0]} is missing or has another "
            f"shape ({len(missing) + len(wrong)} such tensors).",
            "A base model or an adapter is no scorer: choose the merged, complete model.",
        )


def _check_head(weights: Weights, model: Any) -> None:
    if model.get_output_embeddings() is None:
        raise UsageError(f"{weights.name} has no output over a vocabulary: it cannot be asked.")


def quantizer(quantize: str, device: Device) -> str:
    """The library that quantizes on ``device``: two of them give two different models.

    Raises:
        MissingExtraError: none is installed.
    """
    if device.name.startswith("cuda") and find_spec("bitsandbytes"):
        return "bitsandbytes"
    if find_spec("torchao"):
        return "torchao"
    wanted = "bitsandbytes" if device.name.startswith("cuda") else "torchao"
    raise _MissingQuantizer(wanted, quantize)


def numbers(weights: Weights, dtype: str, quantize: str, device: Device) -> dict[str, str]:
    """The part of an identity that says whose numbers are computed, and in what."""
    found = {"weights": weights.digest(), "precision": dtype}
    if quantize != "none":
        found["quantize"] = f"{quantize} by {quantizer(quantize, device)}"
    if weights.revision:
        found["revision"] = weights.revision
    return found


def _quantization(transformers: Any, quantize: str, device: Device) -> Any:
    if quantizer(quantize, device) == "bitsandbytes":
        return transformers.BitsAndBytesConfig(
            load_in_8bit=quantize == "int8", load_in_4bit=quantize == "int4"
        )
    kinds = import_module("torchao.quantization")
    name = "Int8WeightOnlyConfig" if quantize == "int8" else "Int4WeightOnlyConfig"
    return transformers.TorchAoConfig(quant_type=getattr(kinds, name)())


class _MissingQuantizer(MissingExtraError):
    def __init__(self, package: str, quantize: str) -> None:
        super().__init__(package, "hf", f"load a model in {quantize}")
        self.hint = f"Install it with: pip install {package}; or leave quantize at none."


def _quiet(transformers: Any) -> None:
    """Its bars and reports would be drawn over whatever the caller shows."""
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()


def _too_big(weights: Weights, device: Device) -> JobError:
    return JobError(
        f"{weights.name} ({weights.size / 1e9:.1f} GB of weights) does not fit into "
        f"the memory of {device}.",
        "Use a quantized .gguf with the llama backend, or a smaller model.",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
