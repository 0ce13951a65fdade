// A vCenter made of VMware's own simulator library, for tests of the vCenter reader.
//
// It prints one line of JSON when it is up (URL, and what is in it) and ends when its standard
// input is closed.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/url"
	"os"
	"sort"
	"time"

	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator" // its /rest, with sessions
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// imageConfigManager is what the library lacks: it answers with two packages.
type imageConfigManager struct{ mo.HostImageConfigManager }

func (m *imageConfigManager) FetchSoftwarePackages(_ context.Context, _ *types.FetchSoftwarePackages) soap.HasFault {
	return &methods.FetchSoftwarePackagesBody{Res: &types.FetchSoftwarePackagesResponse{
		Returnval: []types.SoftwarePackage{
			{Name: "esx-base", Version: "6.5.0-2.50.8294253", Type: "bootbank", Vendor: "VMware", AcceptanceLevel: "vmware_certified"},
			{Name: "esx-nsxv", Version: "6.5.0-0.0.13168956", Type: "bootbank", Vendor: "VMware", AcceptanceLevel: "vmware_certified"},
		},
	}}
}

// certificateManager is what the library lacks too: certificateInfo of a host.
func certificateManager(host *simulator.HostSystem, until time.Time) *mo.HostCertificateManager {
	manager := &mo.HostCertificateManager{}
	manager.Self = types.ManagedObjectReference{Type: "HostCertificateManager", Value: "certificate-" + host.Self.Value}
	manager.CertificateInfo = types.HostCertificateManagerCertificateInfo{
		Subject: "CN=" + host.Name, Issuer: "CN=CA", NotAfter: &until, Status: "good",
	}
	return manager
}

// haConfigurator and haManager are what the library lacks too: vCenter HA with its three nodes.
type haConfigurator struct {
	mo.FailoverClusterConfigurator
}

func (m *haConfigurator) GetVchaConfig(_ context.Context, _ *types.GetVchaConfig) soap.HasFault {
	return &methods.GetVchaConfigBody{Res: &types.GetVchaConfigResponse{
		Returnval: types.VchaClusterConfigInfo{State: string(types.VchaStateConfigured)},
	}}
}

type haManager struct{ mo.FailoverClusterManager }

func (m *haManager) GetVchaClusterHealth(_ context.Context, _ *types.GetVchaClusterHealth) soap.HasFault {
	node := func(role types.VchaNodeRole, state types.VchaNodeState, ip string) types.VchaNodeRuntimeInfo {
		return types.VchaNodeRuntimeInfo{NodeRole: string(role), NodeState: string(state), NodeIp: ip}
	}
	return &methods.GetVchaClusterHealthBody{Res: &types.GetVchaClusterHealthResponse{
		Returnval: types.VchaClusterHealth{
			RuntimeInfo: types.VchaClusterRuntimeInfo{
				ClusterState: string(types.VchaClusterStateDegraded),
				ClusterMode:  string(types.VchaClusterModeEnabled),
				NodeInfo: []types.VchaNodeRuntimeInfo{
					node(types.VchaNodeRoleActive, types.VchaNodeStateUp, "192.0.2.1"),
					node(types.VchaNodeRolePassive, types.VchaNodeStateDown, "192.0.2.2"),
					node(types.VchaNodeRoleWitness, types.VchaNodeStateUp, "192.0.2.3"),
				},
			},
			HealthMessages: []types.LocalizableMessage{{Key: "x", Message: "the passive node is down"}},
		},
	}}
}

func extension(key, version, url string) types.Extension {
	return types.Extension{
		Description:       &types.Description{Label: key, Summary: key},
		Key:               key,
		Company:           "VMware, Inc.",
		Version:           version,
		Client:            []types.ExtensionClientInfo{{Version: version, Description: &types.Description{}, Company: "VMware", Type: "x", Url: url}},
		LastHeartbeatTime: time.Now(),
	}
}

func main() {
	model := simulator.VPX()
	flag.IntVar(&model.Machine, "vm", 2, "virtual machines of each resource pool")
	flag.IntVar(&model.Cluster, "cluster", 2, "clusters")
	flag.IntVar(&model.ClusterHost, "host", 2, "hosts of each cluster")
	username := flag.String("username", "kanmon-ro", "the only user")
	password := flag.String("password", "", "its password")
	extensions := flag.Bool("extensions", true, "NSX-V and EAM are registered")
	flag.Parse()
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}

	registry := simulator.Map
	told := map[string][]string{}
	hosts := registry.All("HostSystem")
	sort.Slice(hosts, func(i, j int) bool { return hosts[i].Entity().Name < hosts[j].Entity().Name })
	for i, entity := range hosts {
		host := entity.(*simulator.HostSystem)
		told["hosts"] = append(told["hosts"], host.Name)
		if i%2 == 0 { // the other half keeps a reference behind which there is nothing
			manager := &imageConfigManager{}
			manager.Self = types.ManagedObjectReference{Type: "HostImageConfigManager", Value: "image-" + host.Self.Value}
			host.ConfigManager.ImageConfigManager = &registry.Put(manager).(*imageConfigManager).Self
			certificates := certificateManager(host, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
			host.ConfigManager.CertificateManager = &registry.Put(certificates).(*mo.HostCertificateManager).Self
			told["hosts_with_packages"] = append(told["hosts_with_packages"], host.Name)
		}
	}
	content := &registry.Get(vim25.ServiceInstance).(*simulator.ServiceInstance).Content
	configurator := &haConfigurator{}
	configurator.Self = types.ManagedObjectReference{Type: "FailoverClusterConfigurator", Value: "failoverClusterConfigurator"}
	content.FailoverClusterConfigurator = &registry.Put(configurator).(*haConfigurator).Self
	manager := &haManager{}
	manager.Self = types.ManagedObjectReference{Type: "FailoverClusterManager", Value: "failoverClusterManager"}
	content.FailoverClusterManager = &registry.Put(manager).(*haManager).Self
	first := hosts[0].(*simulator.HostSystem) // SSH is on, and a path is lost
	event := types.Event{Key: 1, ChainId: 1, CreatedTime: time.Now(), FullFormattedMessage: "look at it"}
	first.ConfigIssue = []types.BaseEvent{
		&types.RemoteTSMEnabledEvent{HostEvent: types.HostEvent{Event: event}},
		&types.EventEx{Event: event, EventTypeId: "esx.problem.storage.redundancy.lost"},
	}
	for _, entity := range registry.All("VirtualMachine") {
		told["vms"] = append(told["vms"], entity.(*simulator.VirtualMachine).Name)
	}
	if *extensions {
		manager := registry.Get(*model.ServiceContent.ExtensionManager).(*mo.ExtensionManager)
		manager.ExtensionList = []types.Extension{
			extension("com.vmware.vShieldManager", "6.4.5", "https://nsx.example.jp:443"),
			extension("com.vmware.vim.eam", "6.5.0", ""),
		}
	}

	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(*username, *password)}
	model.Service.TLS = new(tls.Config)
	model.Service.RegisterEndpoints = true
	server := model.Service.NewServer()
	address := *server.URL
	address.User = nil
	told["url"] = []string{address.String()}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		log.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	server.Close()
	model.Remove()
}
