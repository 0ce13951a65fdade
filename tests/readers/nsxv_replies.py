"""Replies of an NSX-V manager in the vendor's own form, by path.

They are shortened from the samples of VMware's API description (github.com/vmware-archive/nsxraml,
nsxvapi.raml): summary/components, backuprestore, systemalarms with the alarms of alarms/{sourceId},
firewall/globalroot-0/status, vdn/scopes, vdn/config/vxlan/udp/port, policy/securitypolicy,
securitygroup/translation. Where the description has no sample (systemevent, universalsync, jobs,
connection/status, serviceprofiles, the answers of one word) the names of the elements are those
that public clients read.
"""

from __future__ import annotations

from tests.readers.test_nsxv_samples import sample_parts

APPLIANCE = "/api/1.0/appliance-management"
COMPONENTS = f"{APPLIANCE}/summary/components"
SETTINGS = f"{APPLIANCE}/backuprestore/backupsettings"
FILES = f"{APPLIANCE}/backuprestore/backups"
CONTROLLERS = "/api/2.0/vdn/controller"
UPGRADE = f"{CONTROLLERS}/upgrade-available"
SSO = "/api/2.0/services/ssoconfig/status"
EAM = "/api/2.0/eam/status"
JOBS = "/api/2.0/services/taskservice/job"
ALARMS = "/api/2.0/services/systemalarms"
EVENTS = "/api/2.0/systemevent"
CONNECTION = "/api/2.0/vdn/inventory/host/host-10/connection/status"
FIREWALL = "/api/4.0/firewall/globalroot-0/status"
ROLE = "/api/2.0/universalsync/configuration/role"
ZONES = "/api/2.0/vdn/scopes"
PORT = "/api/2.0/vdn/config/vxlan/udp/port"
POLICIES = "/api/2.0/services/policy/securitypolicy/all"
GROUP = "/api/2.0/services/securitygroup/securitygroup-10/translation/virtualmachines"
PROFILES = "/api/2.0/si/serviceprofiles"

PART = {
    COMPONENTS: "state",
    CONTROLLERS: "state",
    UPGRADE: "state",
    SSO: "state",
    EAM: "state",
    JOBS: "jobs",
    CONNECTION: "connections",
    FIREWALL: "firewall",
    SETTINGS: "backups",
    FILES: "backups",
    ALARMS: "alarms",
    EVENTS: "events",
    ROLE: "networks",
    ZONES: "networks",
    PORT: "networks",
    POLICIES: "gi_policies",
    GROUP: "gi_policies",
    PROFILES: "service_profiles",
}
"""Which part is read with which answer."""

ALARM = """<systemAlarm><eventId>79965</eventId><timestamp>1485556529744</timestamp>
<severity>High</severity><eventSource>edge-3</eventSource><eventCode>130027</eventCode>
<message>NSX Edge VM (vmId : vm-430) is powered off.</message>
<module>NSX Edge Communication Agent</module><objectId>edge-3</objectId>
<reporterName>vShield Manager</reporterName><reporterType>4</reporterType>
<eventMetadata><data><key>edgeVmVcUUId</key><value>502e05c2</value></data></eventMetadata>
<resolutionAttempted>false</resolutionAttempted><resolvable>true</resolvable>
<alarmId>79965</alarmId><alarmCode>130027</alarmCode><alarmSource>edge-3</alarmSource>
<target><objectId>vm-430</objectId><objectTypeName>VirtualMachine</objectTypeName>
<name>Perimeter-Gateway-01-0</name></target><alarmBeingResolved>false</alarmBeingResolved>
</systemAlarm>"""
EVENT = """<systemEvent><eventId>%s</eventId><timestamp>%s</timestamp><severity>Medium</severity>
<eventSource>Guest Introspection</eventSource><eventCode>%s</eventCode><message>m</message>
<module>Guest Introspection</module><objectId>vm-92</objectId><reporterName>NSX</reporterName>
<reporterType>1</reporterType><sourceType>1</sourceType><eventMetadata/></systemEvent>"""
PAGE = """<%s><dataPage><pagingInfo><pageSize>1024</pageSize><startIndex>0</startIndex>
<totalCount>%s</totalCount><sortOrderAscending>false</sortOrderAscending><sortBy>eventId</sortBy>
</pagingInfo>%s</dataPage></%s>"""


def page(root: str, *listed: str, total: int | None = None) -> str:
    """A page of a list, which announces what is on it or another number."""
    count = len(listed) if total is None else total
    return PAGE % (root, count, "".join(listed), root)


def replies(now: int) -> dict[str, str]:
    """Every reply; the one event is of this time, in milliseconds since 1970."""
    return {
        **sample_parts(),
        COMPONENTS: """<componentsSummary><componentsByGroup class="tree-map"><entry>
<string>NSXGRP</string><components><component><componentId>NSXREPLICATOR</componentId>
<name>NSX Replicator</name><description>NSX Replicator</description><status>STOPPED</status>
<enabled>false</enabled><showTechSupportLogs>false</showTechSupportLogs><usedBy/>
<componentGroup>NSXGRP</componentGroup></component></components></entry></componentsByGroup>
</componentsSummary>""",
        CONTROLLERS: """<controllers><controller><id>controller-1</id><name>c</name>
<ipAddress>192.0.2.31</ipAddress><status>RUNNING</status></controller></controllers>""",
        UPGRADE: "false",
        SSO: "<boolean>true</boolean>",
        EAM: "<eamStatus><status>UP</status></eamStatus>",
        JOBS: """<jobInstances><jobInstance><id>jobdata-2128</id><name>Upgrade</name>
<status>COMPLETED</status></jobInstance></jobInstances>""",
        CONNECTION: """<hostConnStatus><hostId>host-10</hostId><hostName>h</hostName>
<nsxMgrToFirewallAgentConn>UP</nsxMgrToFirewallAgentConn>
<nsxMgrToControlPlaneAgentConn>UP</nsxMgrToControlPlaneAgentConn>
<hostToControllerConn>DOWN</hostToControllerConn><fullSyncCount>-1</fullSyncCount>
</hostConnStatus>""",
        FIREWALL: """<firewallStatus><startTime>1478235234617</startTime><status>published</status>
<generationNumber>1478235234617</generationNumber><clusterList><clusterStatus>
<clusterId>domain-c33</clusterId><status>published</status><hostStatusList><hostStatus>
<hostId>host-32</hostId><hostName>esx-02a.corp.local</hostName><status>published</status>
<errorCode>0</errorCode></hostStatus></hostStatusList></clusterStatus></clusterList>
</firewallStatus>""",
        SETTINGS: """<backupRestoreSettings><ftpSettings><transferProtocol>SFTP</transferProtocol>
<hostNameIPAddress>192.168.110.30</hostNameIPAddress><port>22</port><userName>admin</userName>
<password>testing123</password><backupDirectory>/backups</backupDirectory>
<passPhrase>testing456</passPhrase></ftpSettings><backupFrequency><frequency>DAILY</frequency>
<hourOfDay>2</hourOfDay></backupFrequency><excludeTables><excludeTable>AUDIT_LOGS</excludeTable>
<excludeTable>FLOW_RECORDS</excludeTable></excludeTables></backupRestoreSettings>""",
        FILES: """<list><backupFileProperties><fileName>nsxmgr-01a</fileName>
<fileSize>1024</fileSize><creationTime>1479121141922</creationTime></backupFileProperties>
</list>""",
        ALARMS: page("pagedSystemAlarmList", ALARM),
        EVENTS: page("pagedSystemEventList", EVENT % (262, now, 26002)),
        ROLE: "<universalSyncRole><role>STANDALONE</role></universalSyncRole>",
        ZONES: """<vdnScopes><vdnScope><objectId>vdnscope-1</objectId>
<objectTypeName>VdnScope</objectTypeName><name>Local-Transport-Zone-A</name>
<isUniversal>false</isUniversal><id>vdnscope-1</id><clusters/>
<virtualWireCount>4</virtualWireCount><controlPlaneMode>UNICAST_MODE</controlPlaneMode>
</vdnScope></vdnScopes>""",
        PORT: "<int>4789</int>",
        POLICIES: """<securityPolicies><securityPolicy><objectId>policy-3</objectId>
<objectTypeName>Policy</objectTypeName><name>AV</name><precedence>4300</precedence>
<securityGroupBinding><objectId>securitygroup-10</objectId><name>Desktops</name>
</securityGroupBinding><actionsByCategory><category>firewall</category>
<action class="firewallSecurityAction"><name>f</name><isEnabled>true</isEnabled></action>
</actionsByCategory><actionsByCategory><category>endpoint</category>
<action class="endpointSecurityAction"><name>e</name><category>endpoint</category>
<actionType>ANTI_VIRUS</actionType><isActionEnforced>false</isActionEnforced>
<isEnabled>true</isEnabled><serviceId>service-3</serviceId><serviceProfile>
<objectId>serviceprofile-1</objectId></serviceProfile></action></actionsByCategory>
</securityPolicy></securityPolicies>""",
        GROUP: "<vmnodes><vmnode><vmId>vm-92</vmId><vmName>vdi-01</vmName></vmnode></vmnodes>",
        PROFILES: """<serviceProfiles><serviceProfile><objectId>serviceprofile-1</objectId>
<name>Default (EBT)</name><status>IN_SERVICE</status><service><objectId>service-3</objectId>
<name>Trend Micro Deep Security</name></service><vendorTemplate><id>1</id><name>t</name>
</vendorTemplate><profileAttributes><attribute><id>9</id><key>failOpen</key><name>Fail open</name>
<value>true</value></attribute></profileAttributes></serviceProfile></serviceProfiles>""",
    }
