"""What a parser of Markdown makes of a text, and hostile words to try it with."""

import re

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

# What GitHub makes a link, a mention or a picture of in text that Markdown is done with, by
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
# and https://github.github.com/gfm/#autolinks-extension-. The rules here are wider where GitHub's are vague.
AUTOLINKS = {
    "a mention of a person or a team": r"(?<![A-Za-z0-9_])@[A-Za-z0-9][A-Za-z0-9-]*(?:/[A-Za-z0-9._-]+)?",
    "a reference, also to another repository": r"(?:[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)?)?#[0-9]+",
    "a reference the other way": r"(?i:gh-[0-9]+)",
    "an advisory": r"(?i:ghsa(?:-[a-z0-9]{4}){3}|cve-[0-9]{4}-[0-9]+)",
    "a ticket of a team's own": r"[A-Za-z]+-[0-9]+",
    "a commit": r"(?i:(?<![a-z0-9])[0-9a-f]{7,40}(?![a-z0-9]))",
    "a commit of somebody": r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)?@[0-9a-f]+",
    "an address": r"(?i:(?:https?|ftp|ssh|git|file)://|(?:mailto|xmpp):[a-z0-9])",
    "an address without a scheme": r"(?i:www\.[A-Za-z0-9])",
    "an e-mail address": r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+",
    "an emoji": r":[A-Za-z0-9+_-]+:",
}


def linked(markdown: str) -> set[str]:
    """What GitHub makes links, mentions and pictures of; in code it makes none."""
    found = set()
    for block in PARSER.parse(markdown):
        for token in block.children or ():
            if token.type in ("link_open", "image"):
                found.add(token.type)
        words = "".join(
            " " if token.type == "code_inline" else token.content if token.type in ("text", "text_special") else "\n"
            for token in block.children or ()
        )
        found |= {match[0] for rule in AUTOLINKS.values() for match in re.finditer(rule, words)}
    return found


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
