package runargs

import (
	"cmp"
	"errors"
	"net"
	"net/netip"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// networkName is the key of a container's network among the endpoints.
func networkName(m container.NetworkMode) string {
	return cmp.Or(m, network.NetworkDefault).NetworkName()
}

// point returns the endpoint, to be changed.
func (t *target) point() *network.EndpointSettings {
	t.hasEndpoint = true
	return t.endpoint
}

func (t *target) ipam() *network.EndpointIPAMConfig {
	ep := t.point()
	if ep.IPAMConfig == nil {
		ep.IPAMConfig = &network.EndpointIPAMConfig{}
	}
	return ep.IPAMConfig
}

func setIPv4(t *target, value string) error {
	if ip, err := netip.ParseAddr(value); err != nil || !ip.Is4() {
		return errors.New("want an IPv4 address")
	}
	t.ipam().IPv4Address = value
	return nil
}

func setIPv6(t *target, value string) error {
	if ip, err := netip.ParseAddr(value); err != nil || !ip.Is6() || ip.Zone() != "" {
		return errors.New("want an IPv6 address")
	}
	t.ipam().IPv6Address = value
	return nil
}

func setLinkLocalIP(t *target, value string) error {
	if ip, err := netip.ParseAddr(value); err != nil || ip.Zone() != "" {
		return errors.New("want an IP address")
	}
	t.ipam().LinkLocalIPs = append(t.ipam().LinkLocalIPs, value)
	return nil
}

func setMAC(t *target, value string) error {
	if _, err := net.ParseMAC(value); err != nil {
		return errors.New("want a MAC address such as 92:d0:c6:0a:29:33")
	}
	t.point().MacAddress = value
	//lint:ignore SA1019 engines before API 1.44 read it here only
	t.config.MacAddress = value
	return nil
}

// finishNetwork does what depends on the kind of network.
func (t *target) finishNetwork() error {
	named := t.host.NetworkMode != "" && t.host.NetworkMode.IsUserDefined()
	if len(t.endpoint.Aliases) > 0 && !named {
		return errors.New("--network-alias needs a network with a name: set the key network")
	}
	// In a network with a name a link is an alias there; on the default bridge it is
	// the old kind, which the engine takes from HostConfig.
	if len(t.host.Links) > 0 && named {
		t.point().Links = t.host.Links
	}
	return nil
}
