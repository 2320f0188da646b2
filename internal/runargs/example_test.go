package runargs_test

import (
	"fmt"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"ctenv/internal/runargs"
)

// Options become fields of the engine's types.
func ExampleApply() {
	args, err := runargs.Parse([]string{"--memory=1g", "--cap-add", "SYS_PTRACE", "--read-only"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var c container.Config
	var h container.HostConfig
	if err := runargs.Apply(args, nil, &c, &h, &network.NetworkingConfig{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.Memory, h.CapAdd, h.ReadonlyRootfs)
	// Output: 1073741824 [CAP_SYS_PTRACE] true
}

// A mistake is known before there is an engine, with the word that it is in.
func ExampleParse() {
	_, err := runargs.Parse([]string{"--read-only", "--cpu=2"})
	fmt.Println(err)
	fmt.Println(err.(*runargs.Error).Word)
	// Output:
	// run_args: --cpu is not supported; `ctenv help run-args` lists those that are
	// 1
}

// Some options are keys of the file under another name.
func ExampleKeys() {
	taken, rest, err := runargs.Keys([]string{"--hostname=box", "--memory=1g"})
	fmt.Println(taken[0].Key, taken[0].Value, rest, err)
	// Output: hostname box [1] <nil>
}
