"""Certificates, names and clocks between the machines."""

from collections.abc import Iterator
from datetime import datetime

from kanmon.check import ALL, Attestable, Finding, Judge, Severity, Unknown, check
from kanmon.environment.targets import Dsm, Target
from kanmon.facts import Certificate
from kanmon.facts.run import Moment
from kanmon.judging import validity
from kanmon.text import Text


@check(
    "NET-CERT-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=ALL,
    phases=("pre",),
    remediation="Renew the certificate (turn TLS 1.2 on where it is shown over less), or "
    "correct ca or fingerprint in the environment file after comparing it with what the product "
    "itself shows.",
    refs=("https://docs.vmware.com (vCenter upgrade pre-checks, GUID-240EB924)",),
)
def test_certificates_are_trusted_and_last(
    endpoint: Target,
    certificates: tuple[Certificate, ...],
    moment: Moment,
    last_until: datetime,
    judge: Judge,
) -> None:
    """The certificates of every endpoint are the pinned or verified ones, and outlive the window.

    A certificate that expires while a product is being upgraded stops its services from finding
    each other, half way; one that is not the expected one may be somebody else's.
    """
    seen = {certificate.endpoint for certificate in certificates}
    named = [node.where for node in endpoint.nodes] if isinstance(endpoint, Dsm) else []
    unseen = [
        Unknown(where, Text("its certificate was not seen")) for where in named if where not in seen
    ]
    judge(
        examined=len(certificates) + len(unseen),
        of=Text("certificates of {slug}", slug=endpoint.slug),
        problems=[
            *(
                Finding(
                    certificate.endpoint,
                    Text.joined(", ", faults),
                    Text(
                        "trusted and valid until {last_until} UTC",
                        last_until=f"{last_until:%Y-%m-%d %H:%M}",
                    ),
                )
                for certificate in certificates
                if (faults := list(_faults(certificate, moment.now, last_until)))
            ),
            *unseen,
        ],
    )


def _faults(certificate: Certificate, now: datetime, last_until: datetime) -> Iterator[str]:
    if certificate.problem:
        yield certificate.problem
    yield from validity.faults(certificate.not_before, certificate.not_after, now, last_until)
