import pytest

from deita_tui.scoring.language import is_english


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "Name a colour.",
        "What is the capital of France, and why was it chosen over the other cities?",
        "def f(i, e, o):\n    for i in range(o):\n        print(i, e)\n    return i and e or o",
        "Translate into German: Ich weiß nicht, was soll es bedeuten. What does the line mean, "
        "and who was it that wrote the poem in which it is to be found?",
        "∫ x² dx = x³/3 + C",
        "résumé, naïve, café",
    ],
)
def test_english_code_and_scraps_pass(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "请解释什么是光合作用。 Photosynthesis",
        "プログラムを書いてください",
        "Расскажи мне о столице Франции и её истории.",
        "اكتب قصة قصيرة عن البحر",
        "Was ist die Hauptstadt von Frankreich, und warum ist sie nicht in der Mitte des Landes, "
        "wie man es bei einer Hauptstadt für das ganze Land erwarten würde?",
        "Quelle est la capitale de la France, et pourquoi est-elle dans le nord du pays plutôt que "
        "dans une ville qui est plus au centre ?",
        "¿Cuál es la capital de Francia y por qué no está en el centro del país como las de los "
        "otros países que se conocen?",
        "Qual é a capital da França e por que não fica no centro do país como as dos outros?",
    ],
)
def test_other_languages_do_not(text: str) -> None:
    assert not is_english(text)
