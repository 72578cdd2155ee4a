"""One fixture for each signature of the package, and what is none."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.sessions.agent import Agent, Confidence, Evidence, Role, join_agents
from pr_sessions.sessions.session import PullRequest
from pr_sessions.sessions.signature import Kind, Signature
from pr_sessions.sessions.signatures import account, find_agents
from pr_sessions.sessions.team_signatures import check_value
from pr_sessions.stores.signatures import package_signatures

ALL = package_signatures()
BY_ID = {signature.id: signature for signature in ALL}
NAMES = {signature.agent for signature in ALL if signature.kind is not Kind.DEPENDENCY_BOT}
HEX = "0123456789abcdef0123456789abcdef"
UUID = "01234567-89ab-cdef-0123-456789abcdef"


def pr(**fields: Any) -> PullRequest:
    return PullRequest(**{"number": "1", "author": "ada", "author_id": 7, **fields})


def by(login: str, number: int | None = None) -> PullRequest:
    return pr(author=login, author_id=number)


def commit(*lines: str) -> PullRequest:
    return pr(commit_messages=("Mend it\n\nAt length.\n\n" + "\n".join(lines),))


def helped(address: str) -> PullRequest:
    return commit("Signed-off-by: Ada <ada@example.com>", f"Co-Authored-By: Any Name <{address}>")


def wrote(address: str) -> PullRequest:
    return pr(commit_authors=(address, "ada@example.com"))


def body(line: str) -> PullRequest:
    return pr(body=f"## Why\n\nIt was broken.\n\n{line}\n")


# The rule, pull requests that it knows, and the runs that it finds in the first of them.
FIXTURES: list[tuple[str, list[PullRequest], tuple[str, ...]]] = [
    ("claude-code/author", [by("claude[bot]", 209825114), by("claude-code-action[bot]"), by("x", 215619710)], ()),
    ("claude-code/branch", [pr(branch="claude/mend-it"), pr(branch="refs/heads/claude/x")], ()),
    ("claude-code/commit-author", [wrote("noreply@anthropic.com"), wrote("No-Reply@Anthropic.com")], ()),
    (
        "claude-code/co-author",
        [
            helped("noreply@anthropic.com"),
            helped("no-reply@anthropic.com"),
            body("Co-Authored-By: X <noreply@anthropic.com>"),
        ],
        (),
    ),
    ("claude-code/session-trailer", [commit("Claude-Session: https://claude.ai/code/session_01Ab")], ("session_01Ab",)),
    (
        "claude-code/footer",
        [
            body("🤖 Generated with [Claude Code](https://claude.ai/code)"),
            body("🤖 Generated with [Claude Code](https://claude.com/claude-code)"),
        ],
        (),
    ),
    (
        "claude-code/older-footer",
        [
            body("🤖 Generated with [Claude Code](https://docs.anthropic.com/s/claude-code)"),
            body("🤖 Generated with Claude Code"),
        ],
        (),
    ),
    ("copilot/author", [by("Copilot", 198982749), by("app/copilot-swe-agent"), by("copilot[bot]", 167198135)], ()),
    ("copilot/branch", [pr(branch="copilot/fix-12")], ()),
    ("copilot/commit-author", [wrote("198982749+Copilot@users.noreply.github.com"), wrote("Copilot")], ()),
    ("copilot/co-author", [helped("copilot@github.com"), helped("223556219+Copilot@users.noreply.github.com")], ()),
    ("copilot/logs-trailer", [commit(f"Agent-Logs-Url: https://github.com/a/b/sessions/{UUID}")], (UUID,)),
    ("copilot/comment", [body("<!-- START COPILOT CODING AGENT TIPS -->"), body("<!-- START COPILOT TIPS -->---")], ()),
    ("codex/author", [by("chatgpt-codex-connector[bot]", 199175422), by("openai-codex[bot]")], ()),
    ("codex/branch", [pr(branch="codex/mend-it")], ()),
    ("codex/other-branch", [pr(branch="codex-mend-it")], ()),
    ("codex/commit-author", [wrote("noreply@openai.com"), wrote("codex@openai.com")], ()),
    ("codex/co-author", [helped("noreply@openai.com")], ()),
    (
        "codex/task-link",
        [
            body(f"https://chatgpt.com/codex/tasks/task_e_{HEX}"),
            body(f"https://chatgpt.com/codex/cloud/tasks/task_e_{HEX}"),
            body(f"[Codex Task](https://chatgpt.com/codex/tasks/task_b_{HEX})"),
            body(f"https://chatgpt.com/codex/tasks/task_i_{HEX}"),
        ],
        (f"task_e_{HEX}",),
    ),
    ("codex/title", [pr(title="[Codex] Mend it")], ()),
    ("codex/label", [pr(labels=("bug", "Codex"))], ()),
    ("cursor/author", [by("cursor[bot]", 206951365), by("cursoragent[bot]", 201670782), by("cursoragent")], ()),
    ("cursor/branch", [pr(branch="cursor/mend-it-1a2b")], ()),
    ("cursor/commit-author", [wrote("cursoragent@cursor.com"), wrote("cursoragent")], ()),
    ("cursor/co-author", [helped("cursoragent@cursor.com")], ()),
    ("cursor/made-with-trailer", [commit("Made-with: Cursor")], ()),
    (
        "cursor/agent-link",
        [
            body(f'<a href="https://cursor.com/background-agent?bcId=bc-{UUID}"><img alt="Open in Cursor"></a>'),
            body(f"[Open in Web](https://cursor.com/agents?id=bc-{UUID}) • [Open in Cursor](https://x.dev)"),
            body(f"https://cursor.com/agents/bc-{UUID}"),
        ],
        (f"bc-{UUID}",),
    ),
    ("devin/author", [by("devin-ai-integration[bot]", 158243242)], ()),
    ("devin/branch", [pr(branch="devin/1734-mend-it")], ()),
    ("devin/commit-author", [wrote("158243242+devin-ai-integration[bot]@users.noreply.github.com")], ()),
    ("devin/co-author", [helped("158243242+devin-ai-integration[bot]@users.noreply.github.com")], ()),
    (
        "devin/run-link",
        [
            body(f"Link to Devin run: https://app.devin.ai/sessions/{HEX}"),
            body(f"- **Link to Devin run**: https://app.devin.ai/sessions/{HEX}"),
            body(f"Devin Run: https://app.devin.ai/sessions/{HEX}"),
            body(f"## Link to Devin run\nhttps://app.devin.ai/sessions/{HEX}"),
        ],
        (HEX,),
    ),
    ("jules/author", [by("google-labs-jules[bot]", 161369871)], ()),
    ("jules/branch", [pr(branch="jules-4210872983453468203-9cd5d6f7")], ()),
    ("jules/commit-author", [wrote("161369871+google-labs-jules[bot]@users.noreply.github.com")], ()),
    ("jules/co-author", [helped("161369871+google-labs-jules[bot]@users.noreply.github.com")], ()),
    (
        "jules/footer",
        [body("*PR created automatically by Jules for task [4210](https://jules.google.com/task/4210) started by @a*")],
        ("4210",),
    ),
    ("gemini/author", [by("gemini-code-assist[bot]", 176961590)], ()),
    ("gemini/branch", [pr(branch="gemini/mend-it")], ()),
    ("amp/thread-trailer", [commit(f"Amp-Thread-ID: https://ampcode.com/threads/T-{UUID}")], (f"T-{UUID}",)),
    ("amp/commit-author", [wrote("amp@ampcode.com")], ()),
    ("amp/co-author", [helped("amp@ampcode.com")], ()),
    ("opencode/commit-author", [wrote("noreply@opencode.ai")], ()),
    ("opencode/co-author", [helped("noreply@opencode.ai")], ()),
    (
        "opencode/footer",
        [body("🤖 Generated with [opencode](https://opencode.ai)"), body("Generated with opencode")],
        (),
    ),
    ("openhands/commit-author", [wrote("openhands@all-hands.dev")], ()),
    ("openhands/co-author", [helped("openhands@all-hands.dev")], ()),
    ("aider/commit-author", [wrote("noreply@aider.chat")], ()),
    ("aider/co-author", [helped("aider@aider.chat")], ()),
    ("replit/trailer", [commit(f"Replit-Commit-Session-Id: {UUID}"), commit("Replit-Commit-Author: Agent")], (UUID,)),
    ("codegen/author", [by("codegen-sh[bot]", 1234)], ()),
    ("codegen/branch", [pr(branch="codegen-bot/x")], ()),
    ("droid/author", [by("factory-droid[bot]", 138933559)], ()),
    ("droid/commit-author", [wrote("138933559+factory-droid[bot]@users.noreply.github.com")], ()),
    ("droid/co-author", [helped("138933559+factory-droid[bot]@users.noreply.github.com")], ()),
    ("roo/author", [by("roomote[bot]", 219738659)], ()),
    ("lovable/author", [by("gpt-engineer-app[bot]", 159125892)], ()),
    ("warp/commit-author", [wrote("agent@warp.dev")], ()),
    ("warp/co-author", [helped("agent@warp.dev")], ()),
    ("amazon-q/author", [by("amazon-q-developer[bot]", 208079219)], ()),
    ("cline/author", [by("cline[bot]", 205137888)], ()),
    ("continue/author", [by("continue[bot]", 230936708)], ()),
    ("jetbrains-ai/author", [by("jetbrains-ai[bot]", 220155983)], ()),
    ("cody/author", [by("sourcegraph-cody[bot]", 201248094)], ()),
    ("entire/checkpoint-trailer", [commit("Entire-Checkpoint: 0123456789ab")], ("0123456789ab",)),
]


def test_every_signature_has_a_fixture() -> None:
    assert [rule for rule, _, _ in FIXTURES] == [s.id for s in ALL if s.kind is not Kind.DEPENDENCY_BOT]


@pytest.mark.parametrize(("rule", "told", "runs"), FIXTURES, ids=[rule for rule, _, _ in FIXTURES])
def test_a_signature_shows_its_agent_and_nobody_else(rule: str, told: list[PullRequest], runs: tuple[str, ...]) -> None:
    s = BY_ID[rule]
    found = [find_agents(one, ALL) for one in told]

    first = Agent(s.agent, s.role, s.confidence, (Evidence(s.kind.value, rule),), runs)
    assert found[0] == (first,)
    assert [replace(agents[0], runs=runs) for agents in found] == [first] * len(told)
    assert {len(agents) for agents in found} == {1}


PLACES = {"hex": HEX, "uuid": UUID, "digits": "4210", "id": "01Ab", "name": "ada", "number": "4210"}


def showing(kind: Kind, value: str) -> PullRequest:
    """A pull request that shows nothing but the one value."""
    text = re.sub(r"\{(?:([^{}+]*)\+)?([a-z]+)\}", lambda place: (place[1] or "") + PLACES[place[2]], value)
    login, _, number = value.partition("#")
    address = f"{number}+{login}@users.noreply.github.com" if number else value
    return {
        Kind.AUTHOR: by(login, int(number) if number else None),
        Kind.BRANCH: pr(branch=f"{text}x"),
        Kind.COMMIT_AUTHOR: wrote(address),
        Kind.CO_AUTHOR: helped(address),
        Kind.TRAILER: commit(f"{text}x" if text.endswith(" ") else text),
        Kind.BODY: body(text),
        Kind.COMMENT: body(f"<!-- {text} -->"),
        Kind.TITLE: pr(title=f"{text} Mend it"),
        Kind.LABEL: pr(labels=(text,)),
    }[kind]


@pytest.mark.parametrize(("rule", "value"), [(s.id, value) for s in ALL for value in s.any if s.agent in NAMES])
def test_each_value_of_a_signature_is_enough(rule: str, value: str) -> None:
    s = BY_ID[rule]
    (agent,) = find_agents(showing(s.kind, value), ALL)
    assert (agent.name, agent.role, agent.confidence) == (s.agent, s.role, s.confidence)
    assert Evidence(s.kind.value, rule) in agent.evidence


@pytest.mark.parametrize("bot", BY_ID["dependency-bot"].any)
def test_each_dependency_bot_silences_everything(bot: str) -> None:
    login, _, number = bot.partition("#")
    assert find_agents(replace(MARKED, author=login, author_id=int(number) if number else None), ALL) == ()


@pytest.mark.parametrize("rule", BY_ID)
def test_a_signature_can_be_compared_and_says_no_more_than_it_knows(rule: str) -> None:
    signature = BY_ID[rule]
    for value in signature.any:
        check_value(signature.kind, value)
    helping = signature.kind in (Kind.CO_AUTHOR, Kind.TRAILER) or signature.confidence is Confidence.HINT
    assert signature.role is (Role.ASSISTED if helping else Role.OPENED)


def test_no_two_signatures_share_an_id() -> None:
    assert len(BY_ID) == len(ALL)


FOOTER = "🤖 Generated with [Claude Code](https://claude.ai/code)"
RUN = f"https://app.devin.ai/sessions/{HEX}"
NOBODY = {
    # People.
    "a person named Claude": by("claude", 4321),
    "a person named Devin": by("devin", 4322),
    "a person named Jules": by("jules"),
    "a name that git was given": pr(author="devin-ai-integration[bot]", author_id=None, author_is_name=True),
    "a name that git was given, Copilot": pr(author="Copilot", author_id=None, author_is_name=True),
    "a login that is somebody else by now": by("claude[bot]", 4321),
    "Copilot's suggestions": by("Copilot", 175728472),
    "a commit by somebody named Claude": pr(commit_authors=("claude@example.com",)),
    "a display name with the agent's address in it": helped("ada@example.com> <x"),
    "a co-author named like an agent": commit("Co-authored-by: noreply@anthropic.com <ada@example.com>"),
    "everybody's address": helped("users.noreply.github.com"),
    "everybody's address with a login": helped("Copilot@users.noreply.github.com"),
    "another account's address": helped("7+Copilot@users.noreply.github.com"),
    "a longer domain": helped("noreply@anthropic.com.example.com"),
    # Reviewers.
    "CodeRabbit": by("coderabbitai[bot]", 136622811),
    "CodeRabbit as co-author": helped("136622811+coderabbitai[bot]@users.noreply.github.com"),
    "a suggestion of Copilot's taken": helped("175728472+Copilot@users.noreply.github.com"),
    "a suggestion of Gemini's taken": helped("176961590+gemini-code-assist[bot]@users.noreply.github.com"),
    "Bugbot's summary": body("<!-- CURSOR_SUMMARY -->\nIt mends it.\n<!-- /CURSOR_SUMMARY -->"),
    # Branches and prose.
    "codex/ in prose": pr(title="Remove codex/ branches", body="The codex/ prefix, and claude/x, are gone."),
    "a prefix within a branch": pr(branch="feature/codex/x"),
    "a prefix in other case": pr(branch="Codex/x"),
    "a branch named after a person": pr(branch="jules-2-fix"),
    "no branch": pr(branch=None),
    "[WIP]": pr(title="[WIP] Mend it"),
    "a word within the title": pr(title="Support [codex]"),
    "a label that only begins so": pr(labels=("codex-docs",)),
    # Marks of others.
    "a quoted footer": body(f"> {FOOTER}"),
    "a footer in an HTML quote": body(f"<blockquote>\n\n{FOOTER}\n</blockquote>"),
    "a run in an HTML quote": body(f"<blockquote>\n<p>x</p>\n\n{RUN}\n</blockquote>"),
    "a comment in an HTML quote": body("<blockquote>\n<!-- START COPILOT CODING AGENT TIPS -->\n</blockquote>"),
    "a trailer in an HTML quote": commit("<blockquote>", "Made-with: Cursor", "</blockquote>"),
    "an HTML quote within a line": body(f"<blockquote>x</blockquote>{FOOTER}"),
    "a footer in a fence": body(f"```\n{FOOTER}\n```"),
    "a footer in a fence that is not closed": body(f"~~~\n{FOOTER}"),
    "a footer in a comment": body(f"<!--\n{FOOTER}\n-->"),
    "a footer in code": body(f"`{FOOTER}`"),
    "a footer in indented code": body(f"    {FOOTER}"),
    "a footer in a sentence": body(f"It says: {FOOTER}"),
    "a run in a sentence": body(f"as in {RUN}"),
    "a quoted run": body(f"> Link to Devin run: {RUN}"),
    "a run in a fence": body(f"```\n{RUN}\n```"),
    "a run that is too short": body("https://app.devin.ai/sessions/abc"),
    "a run that goes on": body(f"{RUN}xyz"),
    "a run of another host": body(f"https://app.devin.ai.example.com/sessions/{HEX}"),
    "a comment within a line": body("text <!-- START COPILOT CODING AGENT TIPS -->"),
    "a quoted comment": body("> <!-- START COPILOT CODING AGENT TIPS -->"),
    "a comment in a fence": body("```\n<!-- START COPILOT CODING AGENT TIPS -->\n```"),
    "a trailer before the last paragraph": commit("Made-with: Cursor", "", "The end."),
    "a trailer within a line": commit("It says Made-with: Cursor"),
    "a quoted trailer": commit("> Made-with: Cursor"),
    "a trailer in a fence": commit("```", "Made-with: Cursor", "```"),
    "a trailer in a quoted body": body("> Co-Authored-By: Claude <noreply@anthropic.com>"),
    "another value": commit("Made-with: Cursory"),
    "another key": commit("X-Made-with: Cursor"),
    "a run of no repository": commit(f"Agent-Logs-Url: https://github.com/sessions/{UUID}"),
    "nothing": PullRequest(number="1"),
}
MARKED = pr(
    body=f"Bumps x.\n\n{FOOTER}\n\nLink to Devin run: {RUN}",
    branch="codex/bump",
    title="[codex] Bump",
    labels=("codex",),
    commit_messages=("Bump\n\nCo-authored-by: Claude <noreply@anthropic.com>",),
)
BOTS = {
    "by login and id": replace(MARKED, author="dependabot[bot]", author_id=49699333),
    "by login": replace(MARKED, author="renovate[bot]", author_id=None),
    "as gh says it": replace(MARKED, author="app/dependabot", author_id=None),
    "in git": replace(
        MARKED, author_is_name=True, commit_authors=("49699333+dependabot[bot]@users.noreply.github.com",)
    ),
    "pre-commit": replace(MARKED, author="pre-commit-ci[bot]", author_id=None),
}


@pytest.mark.parametrize("told", NOBODY.values(), ids=NOBODY)
def test_people_reviewers_and_marks_of_others_are_no_agent(told: PullRequest) -> None:
    assert find_agents(told, ALL) == ()


@pytest.mark.parametrize("told", BOTS.values(), ids=BOTS)
def test_a_dependency_bot_stays_one_whatever_its_pull_request_says(told: PullRequest) -> None:
    assert len(find_agents(MARKED, ALL)) == 3
    assert find_agents(told, ALL) == ()


def test_an_agent_that_goes_on_with_a_bots_commit_is_an_agent() -> None:
    told = replace(by("devin-ai-integration[bot]", 158243242), commit_authors=("dependabot[bot]",))
    assert [agent.name for agent in find_agents(told, ALL)] == ["devin"]


def test_only_the_first_commit_tells_who_opened_it() -> None:
    late = find_agents(pr(commit_authors=("ada@example.com", "cursoragent@cursor.com")), ALL)
    evidence = (Evidence("commit-author", "cursor/commit-author"),)
    assert late == (Agent("cursor", Role.ASSISTED, Confidence.CERTAIN, evidence),)


def test_a_commits_sender_is_known_by_the_number_and_not_by_the_login() -> None:
    renamed = pr(commit_authors=("198982749+anything@users.noreply.github.com",))
    assert [agent.name for agent in find_agents(renamed, ALL)] == ["copilot"]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Copilot", ("copilot", None)),
        ("claude[bot]#5", ("claude[bot]", 5)),
        ("app/dependabot", ("dependabot[bot]", None)),
        ("x#y", ("x", None)),
    ],
)
def test_an_account_is_written_as_login_and_number(text: str, known: tuple[str, int | None]) -> None:
    assert (account(text).login, account(text).number) == known


PARTS = st.lists(
    st.sampled_from([(rule, told[0]) for rule, told, _ in FIXTURES if BY_ID[rule].kind is not Kind.AUTHOR]), max_size=4
)


@given(PARTS)
def test_hints_and_help_add_up_to_no_opening(parts: list[tuple[str, PullRequest]]) -> None:
    found = join_agents(*(find_agents(told, ALL) for _, told in parts))
    opening = {BY_ID[rule].agent for rule, _ in parts if BY_ID[rule].role is Role.OPENED}
    assert {agent.name for agent in found if agent.opened} == opening


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=40))
def test_any_text_is_looked_at_without_failing(text: str, message: str, branch: str) -> None:
    told = pr(title=text, body=text, branch=branch, commit_messages=(message,), commit_authors=(branch,))
    assert find_agents(told, ALL) == find_agents(told, ALL[::-1])


def test_a_team_may_know_agents_of_its_own() -> None:
    own = Signature(
        id="acme branch acme/",
        agent="acme",
        kind=Kind.BRANCH,
        role=Role.OPENED,
        confidence=Confidence.CERTAIN,
        any=("acme/",),
    )
    evidence = (Evidence("branch", "acme branch acme/"),)
    assert find_agents(pr(branch="acme/x"), (*ALL, own)) == (Agent("acme", Role.OPENED, Confidence.CERTAIN, evidence),)
