"""How the app looks: a dark and a light theme, and one of each for tired eyes."""

from textual.theme import Theme

DARK = Theme(
    name="deita-dark",
    primary="#7aa2f7",
    secondary="#565f89",
    accent="#e0af68",
    warning="#e0af68",
    error="#f7768e",
    success="#9ece6a",
    foreground="#c8d0e8",
    background="#16181f",
    surface="#1c1f29",
    panel="#262a37",
    dark=True,
)
LIGHT = Theme(
    name="deita-light",
    primary="#2e5cb8",
    secondary="#8a93a8",
    accent="#8f5e15",
    warning="#8f5e15",
    error="#b3263b",
    success="#33691e",
    foreground="#1f2430",
    background="#f7f7f4",
    surface="#eeeeea",
    panel="#e2e2dc",
    dark=False,
)
HIGH_CONTRAST = Theme(
    name="deita-contrast",
    primary="#ffff00",
    secondary="#ffffff",
    accent="#00ffff",
    warning="#ffd700",
    error="#ff6060",
    success="#00ff66",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#202020",
    dark=True,
    text_alpha=1.0,
)
HIGH_CONTRAST_LIGHT = Theme(
    name="deita-contrast-light",
    primary="#0000cc",
    secondary="#000000",
    accent="#7a0099",
    warning="#7a4b00",
    error="#b00000",
    success="#005c00",
    foreground="#000000",
    background="#ffffff",
    surface="#ffffff",
    panel="#e0e0e0",
    dark=False,
    text_alpha=1.0,
)
ALL = (DARK, LIGHT, HIGH_CONTRAST, HIGH_CONTRAST_LIGHT)
