"""Numbers as people read them, on a terminal and on a screen."""


def number(value: float | None, digits: int = 2) -> str:
    """A number for people; a missing one is empty."""
    return "" if value is None else f"{value:,.{digits}f}"


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def duration(seconds: float) -> str:
    """A time span for people."""
    if seconds < 60:
        return f"{max(seconds, 0.1):.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def plural(count: int, one: str, many: str = "") -> str:
    """``1 record``, ``2,000 records``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
