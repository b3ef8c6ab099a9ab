"""The report as Markdown, for repositories, mail and notes."""

from __future__ import annotations

from clustercoop.analysis.results import Result
from clustercoop.reports.content import Content
from clustercoop.reports.inert import markdown
from clustercoop.reports.marked import whole
from clustercoop.reports.people import remembered
from clustercoop.reports.section import Block, Folded, Fragment, Heading, Shown
from clustercoop.reports.sections import sections_of
from clustercoop.reports.words import Words


def render_markdown(result: Result, lang: str = "en") -> str:
    """Return ``report.md``: the summary, the tables of each cluster's last year, findings and accounting.

    Every name is escaped, so that none of it is obeyed as Markdown or HTML; long tables are cut, saying so.

    Parameters
    ----------
    result : Result
        What an analysis found.
    lang : str
        Language of words and numbers.
    """
    words = Words(lang)
    content = Content(result, lang, "")
    parts = [f"# {words('title')}", markdown(words("subtitle")) + "."]
    with remembered():
        for section in sections_of(content):
            if not section.in_markdown:
                continue
            told = [part for block in section.blocks() for part in _told(block, words)]
            if told:
                answer = [markdown(section.answer)] if section.answer else []
                parts += [f"## {section.title}", *answer, *told]
    parts.append(markdown(words("made_by", version=content.version)))
    return "\n\n".join(parts) + "\n"


def _told(block: Block, words: Words) -> list[str]:
    if isinstance(block, Fragment):
        return list(block.markdown)
    if isinstance(block, Folded) or not block.in_markdown:
        return []
    if isinstance(block, Heading):
        # Inside a heading a hyphen means nothing.
        return ["### " + markdown(block.title).replace("\\-", "-")]
    if isinstance(block, Shown):
        return whole(block.table, words)
    return [markdown(block.text)]
