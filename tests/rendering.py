"""What a parser of Markdown makes of a text, and hostile words to try it with."""

from hypothesis import strategies as st
from markdown_it import MarkdownIt

from strategies import TEXTS

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# Pieces that mean something to Markdown, HTML or GitHub, so that they meet each other.
MEANINGFUL = r"""
` `` ``` * ** _ ~~ ~~~ # ## > - + = --- === 1. 1) | |---| : ( ) [ ] [x](y) ![x](y) [^1] [ ] \ $ $$
<b> </b> <!-- --> & &lt; &#64; http:// https://a.b/c ftp://a.b www. www.a.b a@b.c mailto: :rocket:
@ada @ada/team #1 ada/shop#1 GH-1 ghsa-1 CVE-2021-1 deadbee 6dcb09b5b57875f334f61aebed695e2e4193db5e é 🚀 word
"""
UNSEEN = ("\t", "\n", "\r", "\0", "\u202e", "\u2066", "\u200b", "\x1b[31m")
PIECES = st.sampled_from([*MEANINGFUL.split(), *UNSEEN])
HOSTILE = st.lists(PIECES | TEXTS | st.just(" "), max_size=12).map("".join)


def shown(markdown: str) -> tuple[list[str], str]:
    """The kinds of what the parser finds, in order, and the text in it."""
    kinds, words = [], []
    for block in PARSER.parse(markdown):
        for token in [block, *(block.children or ())]:
            if token.type in ("text", "text_special", "code_inline"):
                words.append(token.content)
            if token.type not in ("text", "text_special"):
                kinds.append(token.type)
    return kinds, "".join(words)
