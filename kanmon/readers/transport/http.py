"""HTTPS as the readers of REST interfaces use it: verified, timed, and only what is allowed."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from kanmon.errors import CouldNotRead, Denied, NotAllowed, TargetLost
from kanmon.readers.transport.tls import TlsEndpoint, context
from kanmon.redaction import excerpt, remember
from kanmon.text import Text

# Its debug lines quote whole URLs, session ids included, into any log that somebody turns on.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

Allowed = Sequence[tuple[str, str]]
"""(HTTP method, regular expression that the whole path must match)."""


class _Guard(HTTPAdapter):
    """Sends what is on the allow-list, and nothing else; follows no redirect."""

    def __init__(self, allowed: Allowed, endpoint: TlsEndpoint) -> None:
        self._allowed = [(method, re.compile(path)) for method, path in allowed]
        self._endpoint = endpoint
        base = urllib3.util.parse_url(_base(endpoint))
        self._where = (base.host, base.port)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        kwargs["ssl_context"] = context(self._endpoint)
        if self._endpoint.fingerprint:
            kwargs["assert_fingerprint"] = self._endpoint.fingerprint
        super().init_poolmanager(*args, **kwargs)

    def cert_verify(self, *_: Any) -> None:
        """Leave trust to the context: requests would add the CAs that come with certifi."""

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        url = urllib3.util.parse_url(request.url or "")
        path = url.path or "/"
        allowed = any(m == request.method and p.fullmatch(path) for m, p in self._allowed)
        if not allowed or (url.host, url.port) != self._where:
            raise NotAllowed(f"{request.method} {url} is not on the reader's allow-list")
        return super().send(request, *args, **kwargs)


class Https:
    """A session with one endpoint.

    Proxies and .netrc of the machine are left alone: management networks are dialled directly.
    """

    def __init__(self, endpoint: TlsEndpoint, allowed: Allowed) -> None:
        self.endpoint = endpoint
        self.base = _base(endpoint)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = not endpoint.fingerprint  # a pin is compared by the adapter
        self.session.mount("https://", _Guard(allowed, endpoint))
        self.session.mount("http://", _Guard((), endpoint))

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """One exchange, whatever its HTTP status.

        Args:
            method: HTTP method.
            path: absolute path, without query.
            options: as ``requests.request`` takes them (params, headers, json, data, auth).

        Raises:
            NotAllowed: the allow-list does not name it; nothing was sent.
            TargetLost: no connection, or one that could not be verified.
            CouldNotRead: the answer broke off or took too long.
        """
        tried = f"{method} {self.base}{path}"
        try:
            response = self.session.request(
                method,
                self.base + path,
                timeout=self.endpoint.timeout,
                allow_redirects=False,
                **options,
            )
        except requests.exceptions.SSLError as error:
            raise TargetLost(tried, _short(error), Text("check ca or fingerprint")) from None
        except requests.exceptions.ConnectTimeout:
            raise TargetLost(
                tried,
                Text("no answer within {timeout} s", timeout=f"{self.endpoint.timeout:g}"),
                Text("is it up?"),
            ) from None
        except requests.exceptions.ReadTimeout:
            raise CouldNotRead(
                tried, Text("no answer within {timeout} s", timeout=f"{self.endpoint.timeout:g}")
            ) from None
        except requests.exceptions.ConnectionError as error:
            raise TargetLost(tried, _short(error), Text("is it up?")) from None
        except requests.exceptions.RequestException as error:
            raise CouldNotRead(tried, _short(error)) from None
        except urllib3.exceptions.LocationParseError as error:
            raise TargetLost(tried, str(error), Text("check the name")) from None
        remember(*(cookie.value or "" for cookie in response.cookies))
        return response

    def close(self) -> None:
        """Drop the connections."""
        self.session.close()


def refused(response: requests.Response, tried: str, advice: Mapping[int, str]) -> CouldNotRead:
    """The error for an answer whose HTTP status is not the expected one.

    Args:
        response: what came back.
        tried: what was asked.
        advice: what to do, by HTTP status.
    """
    status, body = response.status_code, excerpt(response.text)
    no_right = status in (requests.codes.unauthorized, requests.codes.forbidden)
    kind = Denied if no_right else CouldNotRead
    return kind(tried, f"HTTP {status} {body}".strip(), advice.get(status, ""))


def _short(error: Exception) -> str:
    """The innermost reason, without object addresses."""
    reason: Any = error
    while True:
        inner = getattr(reason, "reason", None) or next(
            (arg for arg in getattr(reason, "args", ()) if isinstance(arg, Exception)), None
        )
        if not isinstance(inner, Exception):
            break
        reason = inner
    text = str(getattr(reason, "verify_message", "") or reason)
    return re.sub(r"<[^>]*object at 0x[0-9a-f]+>:? ?", "", text)


def _base(endpoint: TlsEndpoint) -> str:
    """The endpoint's URL without a path; an IPv6 address stands in brackets."""
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"https://{host}:{endpoint.port}"
