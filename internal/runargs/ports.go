package runargs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/docker/go-connections/nat"

	"ctenv/internal/hint"
)

// maxPorts is how many ports the options of a container may name together: each port there
// is, once. A thousand words that name all of them again would fill the memory.
const maxPorts = 1 << 16

// CountPorts adds n to those that a container's options name already. Its error says that
// they are too many.
func CountPorts(named *int, n int) error {
	if *named += n; *named > maxPorts {
		return hint.With(fmt.Errorf("the options name more than %d ports together", maxPorts), "name those that the container serves")
	}
	return nil
}

func (t *target) expose(p nat.Port) {
	if t.config.ExposedPorts == nil {
		t.config.ExposedPorts = nat.PortSet{}
	}
	t.config.ExposedPorts[p] = struct{}{}
}

func setPublish(t *target, value string) error {
	spec, err := shortPort(value)
	if err != nil {
		return err
	}
	mappings, err := nat.ParsePortSpec(spec)
	if err != nil {
		return err
	}
	if err := CountPorts(t.ports, len(mappings)); err != nil {
		return err
	}
	if t.host.PortBindings == nil {
		t.host.PortBindings = nat.PortMap{}
	}
	for _, m := range mappings {
		t.expose(m.Port)
		t.host.PortBindings[m.Port] = append(t.host.PortBindings[m.Port], m.Binding)
	}
	return nil
}

// loopback is where a port is published that names no address: what a container serves
// while it is being written is for its author, and docker's rules pass a host's firewall.
const loopback = "127.0.0.1"

// Port reads an item of the key ports: docker's short forms, or "auto:PORT" for a port
// of the host that the engine chooses. It returns how many ports that publishes, too.
func Port(item string) (Arg, int, error) {
	spec := item
	if port, ok := strings.CutPrefix(item, "auto:"); ok {
		if strings.Contains(port, ":") {
			return Arg{}, 0, portForms("auto stands before the container's port alone")
		}
		spec = port
	}
	mappings, err := nat.ParsePortSpec(spec)
	switch {
	case err != nil:
		return Arg{}, 0, portForms(err.Error())
	case mappings[0].Binding.HostIP != "":
	case strings.Count(spec, ":") == 2: // which leaves the address empty
		spec = loopback + spec
	case strings.Contains(spec, ":"):
		spec = loopback + ":" + spec
	default:
		spec = loopback + "::" + spec
	}
	return Arg{"publish", spec}, len(mappings), nil
}

func portForms(cause string) error {
	return hint.With(errors.New(cause), `write "HOST:CONTAINER", "IP:HOST:CONTAINER", or "auto:CONTAINER" for a free one; each may end in /udp`)
}

// PicksPort says whether one of args, which Parse or Port returned, leaves it to the
// engine which port of the host is published.
func PicksPort(args []Arg) bool {
	for _, a := range args {
		if a.Name == "publish-all" && a.Value == "true" {
			return true
		}
		if a.Name != "publish" {
			continue
		}
		spec, _ := shortPort(a.Value)
		mappings, _ := nat.ParsePortSpec(spec)
		for _, m := range mappings {
			if m.Binding.HostPort == "" || strings.Contains(m.Binding.HostPort, "-") {
				return true
			}
		}
	}
	return false
}

// shortPort turns published=8080,target=80,protocol=tcp into 8080:80/tcp and
// leaves the short form as it is.
func shortPort(value string) (string, error) {
	if !strings.Contains(value, "=") {
		return value, nil
	}
	fields := map[string]string{"published": "", "target": "", "protocol": "tcp"}
	for field := range strings.SplitSeq(value, ",") {
		k, v, _ := strings.Cut(field, "=")
		if _, known := fields[k]; !known || v == "" {
			return "", errors.New("want published=PORT,target=PORT,protocol=tcp|udp|sctp")
		}
		fields[k] = v
	}
	return fields["published"] + ":" + fields["target"] + "/" + fields["protocol"], nil
}

func setExpose(t *target, value string) error {
	if strings.Contains(value, ":") {
		return errors.New("want PORT[-PORT][/PROTOCOL]; --publish maps a port")
	}
	protocol, ports := nat.SplitProtoPort(value)
	first, last, err := nat.ParsePortRange(ports)
	if err != nil {
		return err
	}
	if err := CountPorts(t.ports, int(last-first+1)); err != nil {
		return err
	}
	for n := first; n <= last; n++ {
		p, err := nat.NewPort(protocol, strconv.FormatUint(n, 10))
		if err != nil {
			return err
		}
		t.expose(p)
	}
	return nil
}
