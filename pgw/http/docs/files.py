"""What `/docs` and the two descriptions answer with: read or made once at start, kept in memory."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from attrs import field, frozen

PAGE = "index.html"
_OURS = Path(__file__).parent / "page"
# Under a fixed list of names: nothing that a caller sends reaches the file system.
_FILES_OF_OURS = (PAGE, "start.js", "page.css")
_FILES_OF_SWAGGER_UI = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
CONTENT_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
}


@frozen
class File:
    """What is answered as it is, and the strong entity tag (RFC 9110, 8.8.3) that names it."""

    content: bytes = field(repr=False)
    content_type: str
    etag: str

    @staticmethod
    def of(content: bytes, content_type: str) -> "File":
        return File(content, content_type, sha256(content).hexdigest())


@frozen
class Docs:
    """The description, that of the streams alone, and the files of the page that shows the first."""

    description: File
    streams: File
    files: Mapping[str, File]


@cache
def page_files() -> Mapping[str, File]:
    """Read the page's files: ours, and those of Swagger UI, which a package brings along."""
    places = [(_OURS, _FILES_OF_OURS), (_swagger_ui(), _FILES_OF_SWAGGER_UI)]
    return {name: _read(folder / name) for folder, names in places for name in names}


def _read(path: Path) -> File:
    return File.of(path.read_bytes(), CONTENT_TYPES[path.suffix])


def _swagger_ui() -> Path:
    """Find the package's assets without importing it: it is there for a framework that is not used here."""
    found = find_spec("flask_swagger_ui")
    assert found is not None, "it is a dependency"
    assert found.origin is not None
    return Path(found.origin).parent / "dist"
