"""Is a text in a language that the judge does not read? A guess by script and by small words.

The published DEITA scorers learned from English. This serves to warn of a pool that is not, so it
leans towards English: code, numbers, names and a few words in any language count as such.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

_HEAD = 2_000
"""Characters looked at: what a text is written in shows at its beginning."""

_FOREIGN_LETTERS = 0.3
"""The share of letters outside the Latin script above which a text is not English."""

_LETTERS = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]{2,}")
"""Single letters are left out: they are variables more often than words."""

# The most frequent small words of each language that are no frequent words of the others.
_SMALL_WORDS: Mapping[str, str] = {
    "English": "the of and to is that for it was with as are this be at by from or which you "
    "have not but what all can if your will an how has been do their there when who",
    "German": "der die und das ist nicht ein eine von zu mit den auf für im dem sich des auch "
    "wie wird sind oder einer bei ich wir sie aus nach als wenn kann",
    "French": "le la les et des est une dans que pour qui pas sur au par plus ce avec sont il "
    "vous nous être cette ou aux ses mais leur elle je du",
    "Spanish": "el la los en que las del se por con para una su es al lo como más pero sus "
    "este ser son también fue muy está hay",
    "Italian": "il di che la per un sono con non della del una gli le nel alla dei più anche "
    "come questo si lo delle ma essere",
    "Portuguese": "os que do da em um para com não uma no se na por mais as dos como mas foi "
    "ao ele das tem seu sua ou são você",
    "Dutch": "de het een van en in dat is op te zijn niet met voor aan er om ook als bij maar "
    "door naar dan nog wordt uit deze",
    "Polish": "na się nie do to że jest jak po ale od za przez tym są być dla co tylko już",
    "Swedish": "och att det som är en på av för med till den har inte om ett jag var men så kan",
    "Turkish": "ve bir bu için ile da de ne çok olarak daha olan gibi kadar sonra mi ben",
    "Indonesian": "yang dan di untuk dengan ini itu dari pada adalah tidak dalam akan ke atau juga",
    "Vietnamese": "và của là các có trong cho được không một với những để này khi người đã",
}
_LANGUAGES = {name: frozenset(words.split()) for name, words in _SMALL_WORDS.items()}
_ENGLISH = _LANGUAGES["English"]
_LEAST_WORDS = 5
"""So many small words of another language are no accident."""


def is_english(text: str) -> bool:
    """False where ``text`` is plainly written in something else."""
    head = text[:_HEAD]
    letters = _LETTERS.findall(head)
    foreign = sum(1 for letter in letters if letter > "ɏ" and not _is_latin(letter))
    if foreign > _FOREIGN_LETTERS * len(letters):
        return False
    words = Counter(_WORDS.findall(head.lower()))
    english = sum(words[word] for word in _ENGLISH)
    return not any(
        (hits := sum(words[word] for word in small)) >= _LEAST_WORDS and hits > 2 * english
        for name, small in _LANGUAGES.items()
        if name != "English"
    )


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")
