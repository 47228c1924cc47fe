"""A page of the timeline's chain as a JSON document: rows rather than objects, since there are very many."""

from pgw.control.answers import Document
from pgw.domain.timeline import ChainHead, ChainPage, SealedEntry


def chain_document(page: ChainPage) -> Document:
    head = page.head
    return {
        "entries": [
            (one.number, one.payment_id, one.job_id, one.document, one.sealed_by, one.hash)
            for one in page.entries
        ],
        "newest": page.newest,
        "head": head and (head.number, head.hash, head.sealed_by, head.seal),
    }


def chain_page(document: Document) -> ChainPage:
    entries, head = [SealedEntry(*row) for row in document["entries"]], document["head"]
    return ChainPage(entries, document["newest"], head and ChainHead(*head))
