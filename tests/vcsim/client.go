// A client made of VMware's own Go library, for tests of the simulated vCenter.
//
// It logs in, reads the hosts through a container view in one answer (RetrieveProperties) and the VMs
// page by page (RetrievePropertiesEx), asks every host for its packages, and prints all as JSON.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

type told struct {
	About      types.AboutInfo
	Hosts      map[string]string            // version by name
	Vms        map[string]string            // power state by name
	Pages      int                          // of the VMs
	Packages   map[string]map[string]string // by host, then version by package
	Extensions map[string]string            // version by key
}

// sized sends requests with their length: the library sends them in chunks, which the lab's HTTP does
// not read.
type sized struct{ next http.RoundTripper }

func (s sized) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		request.ContentLength = int64(len(body))
	}
	return s.next.RoundTrip(request)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	address := flag.String("url", "", "of the vCenter")
	ca := flag.String("ca", "", "PEM file of its CA")
	username := flag.String("username", "", "")
	password := flag.String("password", "", "")
	flag.Parse()
	ctx := context.Background()
	location, err := url.Parse(*address)
	check(err)

	transport := soap.NewClient(location, false)
	check(transport.SetRootCAs(*ca))
	transport.Client.Transport = sized{transport.Client.Transport}
	vim, err := vim25.NewClient(ctx, transport)
	check(err)
	client := &govmomi.Client{Client: vim, SessionManager: session.NewManager(vim)}
	check(client.Login(ctx, url.UserPassword(*username, *password)))
	out := told{About: vim.ServiceContent.About, Hosts: map[string]string{}, Vms: map[string]string{}, Packages: map[string]map[string]string{}, Extensions: map[string]string{}}

	root := vim.ServiceContent.RootFolder
	everything, err := view.NewManager(vim).CreateContainerView(ctx, root, []string{"HostSystem", "VirtualMachine"}, true)
	check(err)
	var hosts []mo.HostSystem
	check(everything.Retrieve(ctx, []string{"HostSystem"}, []string{"name", "summary.config.product.version", "configManager.imageConfigManager"}, &hosts))
	for _, host := range hosts {
		out.Hosts[host.Name] = host.Summary.Config.Product.Version
		request := types.FetchSoftwarePackages{This: *host.ConfigManager.ImageConfigManager}
		answer, err := methods.FetchSoftwarePackages(ctx, vim, &request)
		check(err)
		out.Packages[host.Name] = map[string]string{}
		for _, vib := range answer.Returnval {
			out.Packages[host.Name][vib.Name] = vib.Version
		}
	}

	along := &types.TraversalSpec{Type: "ContainerView", Path: "view"}
	page, err := methods.RetrievePropertiesEx(ctx, vim, &types.RetrievePropertiesEx{
		This: vim.ServiceContent.PropertyCollector,
		SpecSet: []types.PropertyFilterSpec{{
			ObjectSet: []types.ObjectSpec{{Obj: everything.Reference(), Skip: types.NewBool(true), SelectSet: []types.BaseSelectionSpec{along}}},
			PropSet:   []types.PropertySpec{{Type: "VirtualMachine", PathSet: []string{"name", "runtime.powerState"}}},
		}},
		Options: types.RetrieveOptions{MaxObjects: 40},
	})
	check(err)
	for result := page.Returnval; result != nil; {
		out.Pages++
		var vms []mo.VirtualMachine
		check(mo.LoadObjectContent(result.Objects, &vms))
		for _, vm := range vms {
			out.Vms[vm.Name] = string(vm.Runtime.PowerState)
		}
		if result.Token == "" {
			break
		}
		next, err := methods.ContinueRetrievePropertiesEx(ctx, vim, &types.ContinueRetrievePropertiesEx{This: vim.ServiceContent.PropertyCollector, Token: result.Token})
		check(err)
		result = &next.Returnval
	}

	var manager mo.ExtensionManager
	check(client.RetrieveOne(ctx, *vim.ServiceContent.ExtensionManager, []string{"extensionList"}, &manager))
	for _, extension := range manager.ExtensionList {
		out.Extensions[extension.Key] = extension.Version
	}
	check(everything.Destroy(ctx))
	check(client.Logout(ctx))
	check(json.NewEncoder(os.Stdout).Encode(out))
}
