"""A certificate authority of the test's own."""

import ssl
import subprocess
from pathlib import Path

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_CONFIGURATION = """
[ca]
default_ca = own
[own]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""
_NAMES = "subjectAltName=IP:127.0.0.1,DNS:hooks.test"


class Authority:
    """Issues certificates for 127.0.0.1 and hooks.test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._configuration = folder / "ca.conf"
        self._configuration.write_text(_CONFIGURATION.format(folder=folder))
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01")
        files = ["-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem"]
        self._openssl("req", "-x509", *_CURVE, "-subj", "/CN=An authority", "-days", "2", *files)

    def serving(self, name: str, *dates: str) -> ssl.SSLContext:
        """Return a server's side with a new certificate, valid for two days unless other dates are given."""
        key, request, issued = (f"{self._folder}/{name}.{suffix}" for suffix in ("key", "csr", "pem"))
        about = ["-subj", f"/CN={name}", "-addext", _NAMES]
        self._openssl("req", "-new", *_CURVE, *about, "-keyout", key, "-out", request)
        own = ["-config", str(self._configuration), "-cert", f"{self._folder}/ca.pem"]
        own += ["-keyfile", f"{self._folder}/ca.key", "-batch", "-notext", "-in", request, "-out", issued]
        self._openssl("ca", *own, *(dates or ("-days", "2")))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued, key)
        return context

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=f"{self._folder}/ca.pem")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)
