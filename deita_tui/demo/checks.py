"""What keeps a record out of the demo: length, personal data, words that no demo needs.

Simple checks, and more careful than fair: what looks doubtful is left out, since there is enough.
"""

import re
from collections.abc import Sequence

LONGEST = 4_000
"""Characters of a whole conversation."""

_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.\w"  # an e-mail address
    r"|https?://|www\."  # a page, perhaps somebody's
    r"|(?<![\w.$£€])\+?\(?\d{2,4}\)?[ .-]\d{3,4}[ .-]\d{3,4}(?!\w)"  # a telephone number
    r"|\b\d{3}-\d{2}-\d{4}\b"  # a social security number
    r"|\b(?:\d{4}[ -]){3}\d{4}\b"  # a card
    r"|\b[A-Z]{2}\d{2}(?: ?\d{4}){3,}\b"  # an IBAN
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b"  # an IP address
    r"|(?i:\bmy (?:full )?name is |\bi live (?:in|at) |\bme llamo |\bmi nombre es "
    r"|\bje m'appelle |\bich hei(?:ß|ss)e |\bmein name ist )"
)

# Beginnings of words, in several languages; blunt on purpose.
_TOUCHY = re.compile(
    r"\b(?:"
    r"abort|antisemit|assassin|asesin|beheadi|bigot|bomb|boob|breast|cannibal|cocaine|cocaína"
    r"|corpse|covid|crap\b|cunt|damn|dead body|dick\b|drogen|drug(?! ?store)|drunk|erot"
    r"|ethnic|explosiv|fascis|fetish|fuck|gay|genital|genoc|gun\b|guns\b|hamas|hanged|heroin|hitler|holoc"
    r"|homosex|gilip|hatred|idiot|isis\b|israel|jew|jihad|judío|juif|kill (?:him|her|my|your|a )"
    r"|lesbian|letra de|lgbt|lisérg|lsd\b|lyric|maten\b"
    r"|matar\b|massacr|meth\b|mierda|mord\b|morder|muerte|murder|muslim|naked|nazi|negro|nigg"
    r"|nude|nudit|overdos|palestin|pedo|penis|pirat|pistol|poison|politic|polític|politiqu|politisch|porn"
    r"|prostit|puta|putin|queer|racis|rape|rapist|religi|schei|self-harm|semen|sex|shit"
    r"|shoot|slaughter|slave|slur|stalin|strip club|stupid|suicid|suizid|terror|tits\b|tortur"
    r"|trans(?:gender|sexual)|trump\b|biden\b|ukrain|vagin|viol(?:ación|ar|er)\b|weapon|waffe"
    r"|weed\b|whore|xenoph|zion"
    r")",
    re.IGNORECASE,
)


def unfit(texts: Sequence[str]) -> str:
    """Why a conversation stays out; empty when it may come in.

    Args:
        texts: its messages, in order, from the user's first one on.
    """
    together = "\n".join(texts)
    if len(texts) < 2 or len(texts) % 2 or not all(text.strip() for text in texts):
        return "unanswered"
    if len(together) > LONGEST:
        return "long"
    if _PERSONAL.search(together):
        return "personal data"
    if _TOUCHY.search(together):
        return "touchy"
    if any(not (c.isprintable() or c in "\n\t") for c in together):
        return "unprintable"
    return ""
