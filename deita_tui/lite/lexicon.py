"""Words that say something about a text, by what they say. English only, as the labels are.

Each is a single token of the embedder's vocabulary; one that is not counts for nothing.
"""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "constraint": """must should shall least most exactly without within only limit limited maximum
        minimum ensure include including exclude avoid require required requirements requirement
        constraint constraints follow following format specific specifically each every using
        between exceed contain containing word words sentences paragraphs paragraph tone style""",
    "reasoning": """why how explain prove derive compare contrast analyze analyse evaluate assess
        discuss determine calculate solve justify suppose assume given therefore thus hence implies
        optimize design implement investigate predict interpret critique consider implications
        relationship impact effect effects cause causes""",
    "simple": """what who when where which name list define capital spell translate convert synonym
        antonym edit rewrite rephrase correct identify classify choose select find give rhyme""",
    "creative": """write story poem essay create compose imagine fictional character dialogue blog
        article speech script song lyrics narrative generate""",
    "maths": """number integer integers sum product equation polynomial triangle circle angle area
        probability prime divisor divisible real function value values positive modulo matrix
        vector theorem radius sequence remainder fraction root roots let""",
    "code": """def return import class function array string int void const var public static python
        java javascript sql html css api code algorithm loop print script query null true false""",
    "connective": """because since although however therefore moreover furthermore additionally
        while whereas unless if then also finally first second third next overall conclusion instead
        example instance such""",
    "refusal": """sorry apologize unfortunately cannot unable""",
    "hedge": """may might could perhaps possibly probably likely generally usually often typically
        seems appears""",
    "negation": """not no never none nothing neither nor""",
    "I": """i me my mine myself""",
    "you": """you your yours yourself""",
    "please": """please thank thanks welcome hope help happy glad sure certainly great""",
    "function": """the a an of to in and is are was were be been it its that this these those for on
        with as by at from or but has have had do does did will would can there their they them he
        she his her we our us""",
}

NAMES = tuple(WORDS)

PHRASES: Mapping[str, tuple[str, ...]] = {
    "as an AI": ("as an ai", "language model", "i don't have personal", "i do not have personal"),
    "will not": (
        "i cannot",
        "i can't",
        "i'm sorry",
        "i am sorry",
        "not able to",
        "unable to",
        "i apologize",
    ),
    "stray": ("###", "<|", "[/inst]", "human:", "user:", "assistant:", "instruction:", "\ufffd"),
    "link": ("http://", "https://", "www."),
}
"""Said in small letters."""
