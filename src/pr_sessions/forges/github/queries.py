"""What the inbox asks GitHub by GraphQL.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api: a query may ask for
500,000 nodes, and an account has 5,000 points an hour. 50 pull requests with all their connections are 22,000 nodes and
4 points; connections within connections would cost many times as much.
"""

from collections.abc import Iterable, Sequence

MOST_IDS = 50
MOST_NAMES = 100
MOST_STATES = 100

# What is light is listed first, so that everything else can be asked for in several requests at once.
OPEN_LIST = """\
query($owner: String!, $name: String!, $after: String) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    nameWithOwner
    isArchived
    pullRequests(states: OPEN, first: 100, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id
        number
        title
        url
        author { __typename login ... on User { databaseId } ... on Bot { databaseId } }
        createdAt
        updatedAt
        isDraft
        headRefName
        headRefOid
        baseRefName
        baseRefOid
        headRepository { nameWithOwner }
      }
    }
  }
}
"""

_DETAILS = """\
query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on PullRequest {
      id
      number
      state
      title
      url
      body
      author { __typename login ... on User { databaseId } ... on Bot { databaseId } }
      authorAssociation
      createdAt
      updatedAt
      isDraft
      headRefName
      headRefOid
      baseRefName
      baseRefOid
      headRepository { nameWithOwner }
      additions
      deletions
      changedFiles
      mergeable
      mergeStateStatus
      isInMergeQueue
      autoMergeRequest { enabledAt }
      files(first: 100) { pageInfo { hasNextPage } nodes { path changeType } }
      labels(first: 50) { nodes { name } }
      assignees(first: 20) { nodes { login } }
      reviewRequests(first: 50) { nodes { requestedReviewer { %s } } }
      latestOpinionatedReviews(last: 50, writersOnly: true) {
        nodes { state author { __typename login } commit { oid } submittedAt }
      }
      commits(last: 100) { nodes { commit { oid message committedDate author { email } } } }
      head: commits(last: 1) { nodes { commit { statusCheckRollup { state } } } }
      closingIssuesReferences(first: 20) { nodes { number repository { nameWithOwner } } }
    }
  }
}
"""
_PEOPLE = "__typename ... on User { login } ... on Bot { login } ... on Mannequin { login }"

DETAILS = _DETAILS % f"{_PEOPLE} ... on Team {{ slug }}"
# A token without the scope `read:org` may not name a field of teams at all.
DETAILS_WITHOUT_TEAMS = _DETAILS % _PEOPLE

# GitHub works out whether a pull request can be merged after it was asked for the first time.
MERGE_STATES = """\
query($ids: [ID!]!) {
  nodes(ids: $ids) { ... on PullRequest { id mergeable mergeStateStatus } }
}
"""


def write_access(logins: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return a query for the access of several accounts at once, each under its index, and its variables."""
    names = [f"login{index}" for index in range(len(logins))]
    fields = (
        f"a{index}: collaborators(login: ${name}, first: 1) {{ edges {{ permission node {{ login }} }} }}"
        for index, name in enumerate(names)
    )
    return _query(["owner", "name", *names], f"repository(owner: $owner, name: $name) {{ {' '.join(fields)} }}"), dict(
        zip(names, logins, strict=True)
    )


def counts(searches: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return a query for the number of results of several searches, each under its index, and its variables."""
    names = [f"search{index}" for index in range(len(searches))]
    fields = (
        f"a{index}: search(query: ${name}, type: ISSUE, first: 1) {{ issueCount }}" for index, name in enumerate(names)
    )
    return _query(names, " ".join(fields)), dict(zip(names, searches, strict=True))


def _query(names: Iterable[str], fields: str) -> str:
    return f"query({', '.join(f'${name}: String!' for name in names)}) {{ {fields} }}"
