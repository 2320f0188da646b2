package runargs

import (
	"errors"
	"strconv"
	"strings"

	"github.com/docker/go-connections/nat"
)

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
	if t.host.PortBindings == nil {
		t.host.PortBindings = nat.PortMap{}
	}
	for _, m := range mappings {
		t.expose(m.Port)
		t.host.PortBindings[m.Port] = append(t.host.PortBindings[m.Port], m.Binding)
	}
	return nil
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
	for n := first; n <= last; n++ {
		p, err := nat.NewPort(protocol, strconv.FormatUint(n, 10))
		if err != nil {
			return err
		}
		t.expose(p)
	}
	return nil
}
