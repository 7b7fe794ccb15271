// Command kube is every component of a Kubernetes cluster in one program.
//
// The components share nearly all of their code, so one program is built once, in the time of one, and is
// a few times smaller than seven. The first argument (or the name the program was started by) says which
// component to be; a process is always exactly one of them.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// components maps a component's name to what runs it with the arguments that follow the name.
var components = map[string]func(arguments []string) int{
	"etcd": func(arguments []string) int {
		etcdmain.Main(append([]string{"etcd"}, arguments...))
		return 0
	},
	"kube-apiserver":          run(apiserver.NewAPIServerCommand),
	"kube-controller-manager": run(controllermanager.NewControllerManagerCommand),
	"kube-scheduler":          run(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kubelet":                 run(kubeletCommand),
	"kube-proxy":              run(proxy.NewProxyCommand),
	"kubectl": func(arguments []string) int {
		// kubectl reads the process's own arguments for its plugins, so they must look as if it were alone.
		os.Args = append([]string{"kubectl"}, arguments...)
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			kubectlutil.CheckErr(err)
		}
		return 0
	},
}

// run wraps a cobra command of a component, leaving the component's name out of the arguments it parses.
func run(command func() *cobra.Command) func([]string) int {
	return func(arguments []string) int {
		os.Args = append(os.Args[:1:1], arguments...)
		c := command()
		c.SetArgs(arguments)
		return cli.Run(c)
	}
}

func main() {
	arguments := os.Args
	name := filepath.Base(arguments[0])
	if _, ok := components[name]; !ok && len(arguments) > 1 {
		arguments = arguments[1:]
		name = arguments[0]
	}
	component, ok := components[name]
	if !ok {
		names := make([]string, 0, len(components))
		for known := range components {
			names = append(names, known)
		}
		sort.Strings(names)
		fmt.Fprintf(os.Stderr, "usage: kube COMPONENT [FLAG...]; components: %s\n", strings.Join(names, ", "))
		os.Exit(2)
	}
	os.Exit(component(arguments[1:]))
}
