"""The REST interface of a simulated vCenter and its appliance: ``/rest`` and ``/api``."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from typing import Any

from lab.transport.server import Answer, Asked, Faults
from lab.vcenter import certificates
from lab.world.appliance import Backup, Service
from lab.world.vcenter import VCenter
from lab.world.world import World

SESSION = "/rest/com/vmware/cis/session"
JOBS = "/rest/appliance/recovery/backup/job"
MONITORING = "/rest/appliance/monitoring"
TRUST = "/vcenter/certificate-management/vcenter/"
ROOTS = "trusted-root-chains"
KINDS = ("used", "totalsize")
PARTS = ("applmgmt", "load", "mem", "swap")


class ApplianceApi:
    """What a vCenter answers beside ``/sdk``; one on Windows has sessions and no appliance."""

    def __init__(self, world: World, vcenter: VCenter, faults: Faults) -> None:
        self._world = world
        self._vcenter = vcenter
        self._state = vcenter.appliance
        self._faults = faults
        self._tokens: set[str] = set()
        self._now = dt.datetime.now(dt.UTC)

    def respond(self, asked: Asked) -> Answer:
        """The answer to one request."""
        if (asked.method, asked.path) == ("POST", SESSION):
            return self._log_in(asked)
        token = asked.headers.get("vmware-api-session-id", "")
        if token not in self._tokens:
            return _error(401, "unauthenticated")
        if self._faults.has("expired session") or asked.method == "DELETE":
            self._tokens.discard(token)
        if asked.method == "DELETE":
            return _value(None)
        return self._answer(asked)

    def _answer(self, asked: Asked) -> Answer:
        """The answer to a question within a session."""
        if TRUST in asked.path and not self._faults.has("weak rights"):
            return self._trust(asked.path.partition(TRUST)[2])
        if self._state.denied or self._faults.has("weak rights"):
            return _error(403, "unauthorized")
        told = None if self._state.os_type.startswith("win") else self._told(asked)
        return _error(404, "not_found") if told is None else _value(told)

    def _log_in(self, asked: Asked) -> Answer:
        given = asked.headers.get("authorization", "").removeprefix("Basic ")
        login = f"{self._world.username}:{self._world.password}".encode()
        if given != base64.b64encode(login).decode():
            return _error(401, "unauthenticated")
        token = uuid.uuid4().hex
        self._tokens.add(token)
        return _value(token)

    def _trust(self, wanted: str) -> Answer:
        """What is told of certificates: roots from 6.7 on, the signing one from 7.0 U3 on."""
        if wanted == "signing-certificate" and self._vcenter.version >= "7.0.3":
            signing = {"cert_chain": certificates.chain(self._vcenter.signing_days)}
            told = {"active_cert_chain": signing, "signing_cert_chains": [signing]}
            return Answer(200, json.dumps(told).encode())
        roots = {certificates.chain_id(one.name): one for one in self._vcenter.trusted_roots}
        if self._vcenter.version < "6.7":
            roots = {}
        elif wanted == ROOTS:
            return _value([{"chain": chain} for chain in roots])
        root = roots.get(wanted.removeprefix(f"{ROOTS}/"))
        if root is None:
            return _error(404, "not_found")
        pem = certificates.root(root.name, root.days, sha1=root.sha1)
        return _value({"cert_chain": {"cert_chain": [pem]}})

    def _told(self, asked: Asked) -> Any:
        if asked.path.startswith(JOBS):
            return self._jobs(asked.path.removeprefix(JOBS).strip("/"))
        if asked.path == f"{MONITORING}/query":
            return self._samples(asked)
        return {
            "/rest/appliance/system/version": self._version(),
            **self._topology(),
            "/rest/appliance/networking/dns/hostname": self._vcenter.deployment.host_name,
            "/rest/appliance/health/storage": self._state.storage,
            "/rest/appliance/health/database-storage": self._state.database_storage,
            **{
                f"/rest/appliance/health/{part}": self._state.condition.get(part, "green")
                for part in PARTS
            },
            "/rest/appliance/health/software-packages": "red",  # updates lie ready
            "/rest/appliance/vmon/service": self._services(),
            "/rest/appliance/local-accounts/root": self._root(),
            MONITORING: [
                _item(f"storage.{kind}.filesystem.{partition}")
                for partition in self._state.partitions
                for kind in KINDS
            ],
        }.get(asked.path)

    def _root(self) -> dict[str, Any] | None:
        """The account root; 6.5 tells of no account."""
        if self._vcenter.version.startswith("6.5"):
            return None
        days = self._state.root_days
        ends = {} if days is None else {"password_expires_at": self._text(-24 * days)}
        changed = {"last_password_change": self._text(24 * 30)}
        return {"fullname": "root", "roles": ["superAdmin"], **self._state.root, **changed, **ends}

    def _services(self) -> list[dict[str, Any]]:
        return [
            {"key": name, "value": _service(name, one)}
            for name, one in self._state.services.items()
        ]

    def _topology(self) -> dict[str, Any]:
        """The nodes in linked mode, which 6.5 does not tell."""
        if self._vcenter.version.startswith("6.5"):
            return {}
        told = self._vcenter.deployment
        nodes = [told.node_name, *told.partners]
        kind = "VCSA_EMBEDDED"
        return {
            "/rest/vcenter/topology/nodes": [
                {
                    "node": node,
                    "type": kind,
                    "replication_partners": [one for one in nodes if one != node],
                }
                for node in nodes
            ],
            "/rest/vcenter/topology/replication-status": [
                {
                    "node": told.node_name,
                    "replication_partner": partner,
                    "partner_available": True,
                    "status_available": True,
                    "replicating": told.replicating,
                    "change_lag": 0,
                }
                for partner in told.partners
            ],
        }

    def _version(self) -> dict[str, str]:
        return {
            "product": self._vcenter.name,
            "type": self._state.deployment,
            "version": f"{self._vcenter.version}.0",
            "build": self._vcenter.build,
            "summary": "",
            "releasedate": "",
            "install_time": "2019-01-01T00:00:00.000Z",
        }

    def _jobs(self, wanted: str) -> Any:
        """6.5 lists names and tells each job; later releases tell all of them in detail too."""
        jobs = {self._name(job): job for job in self._state.backups}
        if not wanted:
            return list(jobs)
        if wanted == "details":
            if self._vcenter.version.startswith("6.5"):
                return None
            return [{"key": n, "value": self._job(job, "status")} for n, job in jobs.items()]
        return {"id": wanted, **self._job(jobs[wanted], "state")} if wanted in jobs else None

    def _name(self, job: Backup) -> str:
        return f"{self._ago(job.hours_ago):%Y%m%d-%H%M%S}-{self._vcenter.build}"

    def _job(self, job: Backup, word: str) -> dict[str, Any]:
        runs = job.status in ("RUNNING", "INPROGRESS")
        ended = {} if runs else {"end_time": self._text(job.hours_ago)}
        started = self._text(job.hours_ago + (0 if runs else 0.2))
        return {word: job.status, "start_time": started, "messages": [], **ended}

    def _text(self, hours_ago: float) -> str:
        return f"{self._ago(hours_ago):%Y-%m-%dT%H:%M:%S}.651Z"

    def _ago(self, hours: float) -> dt.datetime:
        return self._now - dt.timedelta(hours=hours)

    def _samples(self, asked: Asked) -> list[dict[str, Any]]:
        names = [v[0] for key, v in asked.query.items() if key.startswith("item.names.")]
        return [{"name": name, "data": ["", self._kib(name), ""]} for name in names]

    def _kib(self, name: str) -> str:
        _, kind, _, partition = name.split(".")
        size = self._state.partitions[partition][KINDS.index(kind)]
        return f"{size * 2**20:.1f}"


def _service(name: str, service: Service) -> dict[str, Any]:
    return {
        "name_key": f"cis.{name}.ServiceName",
        "description_key": f"cis.{name}.ServiceDescription",
        "startup_type": service.startup,
        "state": service.state,
        **({"health": service.health, "health_messages": []} if service.health else {}),
    }


def _item(name: str) -> dict[str, str]:
    return {"id": name, "category": "com.vmware.applmgmt.mon.cat.storage", "instance": ""}


def _value(value: Any) -> Answer:
    return Answer(200, json.dumps({"value": value}).encode())


def _error(status: int, name: str) -> Answer:
    told = {"type": f"com.vmware.vapi.std.errors.{name}", "value": {"messages": []}}
    return Answer(status, json.dumps(told).encode())
