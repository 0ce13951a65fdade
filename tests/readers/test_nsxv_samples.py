"""The NSX-V reader against replies written from the vendor's samples, whole and broken."""

from __future__ import annotations

import re

import pytest

from kanmon.errors import CouldNotRead
from kanmon.facts.nsxv.inventory import Agent, Deployment
from kanmon.readers.nsxv import inventory as nsxv
from lab.transport.server import Answer
from tests.readers.nsx import Sample, running
from tests.readers.test_nsxv import host, read


@pytest.fixture
def sample():
    """Start a server with fixed answers by path; the login always succeeds."""
    with running() as (pki, start):
        yield lambda answers: start(Sample(pki, {nsxv.INFO: "<globalInfo/>", **answers}))


# The replies below are shortened from the samples of VMware's API description
# (github.com/vmware-archive/nsxraml, nsxvapi.raml): /2.0/nwfabric/status and its child,
# /2.0/si/deploy/cluster/{clusterID}, /2.0/si/host/{hostID}/agents, summary/components.
SERVICES = """<services><service><objectId>service-6</objectId><name>Guest Introspection</name>
</service><service><objectId>service-3</objectId><name>Partner</name></service></services>"""
DEPLOYED = """<deployedServices><deployedService>
<deploymentUnitId>deploymentunit-1</deploymentUnitId><serviceId>service-3</serviceId>
<cluster><objectId>domain-c41</objectId><objectTypeName>ClusterComputeResource</objectTypeName>
<revision>2</revision><type><typeName>ClusterComputeResource</typeName></type>
<name>Cluster-1</name></cluster><serviceName>domain-c41_service-3</serviceName>
<serviceStatus>SUCCEEDED</serviceStatus></deployedService></deployedServices>"""
AGENTS = """<fabricAgents><agent><agentId>nsxmgragent-1</agentId><agentName>agent name</agentName>
<serviceId>service-6</serviceId><serviceName>EndpointService</serviceName>
<operationalStatus>ENABLED</operationalStatus><progressStatus>IN_PROGRESS</progressStatus>
<vmId>vm-92</vmId><host>host-10</host><serviceStatus><status>WARNING</status>
<errorId>partner_error</errorId><errorDescription>partner_error</errorDescription></serviceStatus>
<hostInfo><objectId>host-10</objectId></hostInfo><initialData>partner data</initialData></agent>
</fabricAgents>"""
FEATURE = """<nwFabricFeatureStatus><featureId>com.vmware.vshield.vsm.nwfabric.hostPrep</featureId>
%s<updateAvailable>false</updateAvailable><status>%s</status>%s<installed>%s</installed>
</nwFabricFeatureStatus>"""
STATUS = """<resourceStatuses><resourceStatus><resource><objectId>%s</objectId>
<objectTypeName>X</objectTypeName><revision>2</revision><name>c-1</name><clientHandle/>
<extendedAttributes/></resource>%s</resourceStatus></resourceStatuses>"""
PREPARED = FEATURE % (
    "<featureVersion>5.5</featureVersion>",
    "RED",
    "<message></message>",
    "true",
)
UNPREPARED = FEATURE % ("", "UNKNOWN", "", "false")
OF_CLUSTER = (host("host-10", "domain-c41"),)


def sample_parts():
    return {
        "/api/2.0/si/services": SERVICES,
        "/api/2.0/si/deploy/cluster/domain-c41": DEPLOYED,
        "/api/2.0/si/host/host-10/agents": AGENTS,
        "/api/2.0/nwfabric/status": STATUS % ("domain-c41", UNPREPARED),
        "/api/2.0/nwfabric/status/child/domain-c41": STATUS % ("host-10", PREPARED),
        "/bin/vdn/nwfabric.properties": "VDN_VIB_PATH.1=/bin/vdn/vibs-6.4.6/6.7-14762108/vxlan.zip",
    }


def test_the_vendors_samples_are_understood(sample):
    """Replies in the vendor's own words give the facts that they state."""
    server = sample(sample_parts())
    deployed = read(server, "deployments", hosts=OF_CLUSTER)
    agents = read(server, "agents", hosts=OF_CLUSTER)
    cluster, on_host = read(server, "preparation", hosts=OF_CLUSTER)
    trains = read(server, "trains")
    assert deployed == (Deployment("domain-c41", "service-3", "Partner", "SUCCEEDED", None),)
    assert agents == (
        Agent(
            host="host-10",
            service="Guest Introspection",
            agent_name="agent name",
            operational_status="ENABLED",
            progress_status="IN_PROGRESS",
            service_status="WARNING",
            error="partner_error",
            vm="vm-92",
        ),
    )
    assert (cluster.features[0].version, cluster.features[0].installed) == (None, False)
    assert (on_host.features[0].version, on_host.features[0].status) == ("5.5", "RED")
    assert trains == ("6.7",)


def test_the_vendors_components_sample_is_understood(sample):
    """Components are found in every group of the summary."""
    component = (
        "<component><componentId>%s</componentId><name>n</name><status>%s</status></component>"
    )
    answers = {
        nsxv.INFO: """<globalInfo><currentLoggedInUser>admin</currentLoggedInUser><versionInfo>
<majorVersion>6</majorVersion><minorVersion>2</minorVersion><patchVersion>5</patchVersion>
<buildNumber>4818372</buildNumber></versionInfo></globalInfo>""",
        "/api/1.0/appliance-management/summary/components": f"""<componentsSummary>
<componentsByGroup class="tree-map"><entry><string>COMMON</string><components>
{component % ("VPOSTGRES", "RUNNING")}</components></entry><entry><string>NSXGRP</string>
<components>{component % ("NSX", "STOPPED")}</components></entry></componentsByGroup>
</componentsSummary>""",
        "/api/2.0/services/vcconfig": "<vcInfo><ipAddress>192.0.2.1</ipAddress></vcInfo>",
        "/api/2.0/services/vcconfig/status": "<vcConfigStatus><connected>false</connected>"
        "</vcConfigStatus>",
        "/api/2.0/vdn/controller": "<controllers/>",
    }
    server = sample(answers)
    manager = read(server, "manager")
    assert (manager.version, manager.build) == ("6.2.5", "4818372")
    assert manager.components == (("VPOSTGRES", "RUNNING"), ("NSX", "STOPPED"))
    assert (manager.vcenter_connected, manager.controllers) == (False, ())


PARTS = {
    "/api/2.0/si/services": "deployments",
    "/api/2.0/si/deploy/cluster/domain-c41": "deployments",
    "/api/2.0/si/host/host-10/agents": "agents",
    "/api/2.0/nwfabric/status": "preparation",
    "/api/2.0/nwfabric/status/child/domain-c41": "preparation",
    "/bin/vdn/nwfabric.properties": "trains",
}


def refused(sample, path, reply):
    server = sample({**sample_parts(), path: reply})
    with pytest.raises(CouldNotRead):
        read(server, PARTS[path], hosts=OF_CLUSTER)


@pytest.mark.parametrize("path", PARTS)
@pytest.mark.parametrize(
    "reply",
    [
        "",
        "{}",
        "<html><body>Log in</body></html>",
        "<error><details/><errorCode>1</errorCode></error>",
        Answer(302, b"", headers={"Location": "/login.jsp"}),
        Answer(503, b"<html>busy</html>"),
    ],
)
def test_a_reply_of_another_kind_is_not_read(sample, path, reply):
    """A login page, JSON, nothing at all or an error is never taken for an empty list."""
    refused(sample, path, reply)


@pytest.mark.parametrize("path", [path for path in PARTS if path.startswith("/api")])
def test_a_reply_that_is_cut_is_not_read(sample, path):
    """XML that ends early is "could not read", even where its length was announced so."""
    refused(sample, path, sample_parts()[path][:-20])


@pytest.mark.parametrize(
    ("path", "tag"),
    [
        ("/api/2.0/si/services", "name"),
        ("/api/2.0/si/services", "objectId"),
        ("/api/2.0/si/deploy/cluster/domain-c41", "serviceId"),
        ("/api/2.0/si/deploy/cluster/domain-c41", "serviceStatus"),
        ("/api/2.0/si/deploy/cluster/domain-c41", "objectId"),
        ("/api/2.0/si/host/host-10/agents", "operationalStatus"),
        ("/api/2.0/si/host/host-10/agents", "progressStatus"),
        ("/api/2.0/si/host/host-10/agents", "status"),
        ("/api/2.0/si/host/host-10/agents", "host"),
        ("/api/2.0/nwfabric/status", "featureId"),
        ("/api/2.0/nwfabric/status", "status"),
        ("/api/2.0/nwfabric/status", "installed"),
        ("/api/2.0/nwfabric/status", "updateAvailable"),
        ("/api/2.0/nwfabric/status", "objectId"),
    ],
)
def test_a_reply_that_lacks_an_element_is_not_read(sample, path, tag):
    """An element that is missing, or empty, is never an empty value."""
    refused(sample, path, re.sub(f"<{tag}>[^<]*</{tag}>", "", sample_parts()[path]))
    refused(sample, path, re.sub(f"<{tag}>[^<]*</{tag}>", f"<{tag}/>", sample_parts()[path]))


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/api/2.0/si/services", "<services/>"),
        ("/api/2.0/si/services", SERVICES.replace("service-3", "service-4")),
        (
            "/api/2.0/si/deploy/cluster/domain-c41",
            DEPLOYED.replace("<objectId>domain-c41", "<objectId>domain-c42"),
        ),
        ("/api/2.0/si/host/host-10/agents", AGENTS.replace("host-10", "host-11")),
        ("/api/2.0/si/host/host-10/agents", AGENTS.replace("service-6", "service-7")),
        ("/api/2.0/nwfabric/status", "<resourceStatuses/>"),
        ("/api/2.0/nwfabric/status", STATUS % ("domain-c41", "")),
        ("/api/2.0/nwfabric/status", STATUS % ("domain-c42", PREPARED)),
        ("/api/2.0/nwfabric/status", STATUS % ("domain-c41", PREPARED.replace("true", "maybe"))),
        ("/api/2.0/nwfabric/status/child/domain-c41", "<resourceStatuses/>"),
        ("/bin/vdn/nwfabric.properties", "<html>Log in to NSX 6.4.5-13282012</html>"),
    ],
)
def test_a_reply_that_answers_something_else_is_not_read(sample, path, reply):
    """Lists that cannot be empty, other objects and unknown services are "could not read"."""
    refused(sample, path, reply)


def test_a_service_id_with_a_dash_is_understood(sample):
    """Clients in the field met service-id where the vendor's samples say serviceId."""
    path = "/api/2.0/si/deploy/cluster/domain-c41"
    reply = DEPLOYED.replace("serviceId>", "service-id>")
    server = sample({**sample_parts(), path: reply})
    assert read(server, "deployments", hosts=OF_CLUSTER)[0].service == "Partner"
