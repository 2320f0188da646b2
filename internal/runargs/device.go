package runargs

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/cli/opts"
	"github.com/docker/docker/api/types/container"
)

// setDevice takes HOST[:CONTAINER][:MODE], or a CDI name.
func setDevice(t *target, value string) error {
	if isCDI(value) {
		t.addCDI(value)
		return nil
	}
	parts := strings.Split(value, ":")
	d := container.DeviceMapping{CgroupPermissions: "rwm"}
	if n := len(parts); n == 3 || n == 2 && isDeviceMode(parts[1]) {
		d.CgroupPermissions = parts[n-1]
		parts = parts[:n-1]
	}
	d.PathOnHost, d.PathInContainer = parts[0], path.Clean(parts[len(parts)-1])
	if len(parts) > 2 || parts[0] == "" || !path.IsAbs(d.PathInContainer) || !isDeviceMode(d.CgroupPermissions) {
		return errors.New("want HOST[:CONTAINER][:MODE], with an absolute path and a mode made of r, w and m")
	}
	if len(parts) == 1 {
		d.PathOnHost = d.PathInContainer
	}
	t.host.Devices = append(t.host.Devices, d)
	return nil
}

// isDeviceMode reports whether s is made of r, w and m, each once at most.
func isDeviceMode(s string) bool {
	return s != "" && strings.Trim(s, "rwm") == "" && strings.Count(s, "r") < 2 && strings.Count(s, "w") < 2 && strings.Count(s, "m") < 2
}

// isCDI reports whether s is a name of the Container Device Interface,
// vendor/class=device: https://github.com/cncf-tags/container-device-interface.
func isCDI(s string) bool {
	kind, device, ok := strings.Cut(s, "=")
	vendor, class, slash := strings.Cut(kind, "/")
	return ok && slash && vendor != "" && class != "" && device != "" && !strings.ContainsAny(s, ": ") && !strings.Contains(class, "/")
}

// addCDI adds a name to the one request that holds them all, as docker sends them.
func (t *target) addCDI(name string) {
	i := slices.IndexFunc(t.host.DeviceRequests, func(r container.DeviceRequest) bool { return r.Driver == "cdi" })
	if i < 0 {
		i = len(t.host.DeviceRequests)
		t.host.DeviceRequests = append(t.host.DeviceRequests, container.DeviceRequest{Driver: "cdi"})
	}
	r := &t.host.DeviceRequests[i]
	r.DeviceIDs = append(r.DeviceIDs, name)
}

// setDeviceCgroupRule takes a rule of the kernel's cgroup-v1/devices.rst: type,
// major:minor, access.
func setDeviceCgroupRule(t *target, value string) error {
	wrong := errors.New("want TYPE MAJOR:MINOR ACCESS, such as c 42:* rmw")
	parts := strings.Split(value, " ")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("acb", parts[0]) || !isDeviceMode(parts[2]) {
		return wrong
	}
	major, minor, ok := strings.Cut(parts[1], ":")
	if !ok || !isDeviceNumber(major) || !isDeviceNumber(minor) {
		return wrong
	}
	t.host.DeviceCgroupRules = append(t.host.DeviceCgroupRules, value)
	return nil
}

func isDeviceNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil || s == "*"
}

func setGPUs(t *target, value string) error {
	var o opts.GpuOpts
	if err := o.Set(value); err != nil {
		return err
	}
	t.host.DeviceRequests = append(t.host.DeviceRequests, o.Value()...)
	return nil
}
