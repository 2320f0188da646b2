package runargs

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/docker/cli/opts"
	"github.com/docker/docker/api/types/blkiodev"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
)

const maxInt64 = math.MaxInt64

// target is what options are put into. Some only make sense together; they are
// collected here until finish.
type target struct {
	config *container.Config
	host   *container.HostConfig

	endpoint    *network.EndpointSettings
	hasEndpoint bool

	health       *container.HealthConfig
	noHealth     bool
	log          container.LogConfig
	volumeDriver string
	ports        *int // that were named
}

func newTarget(c *container.Config, h *container.HostConfig) *target {
	return &target{config: c, host: h, endpoint: &network.EndpointSettings{}, ports: new(int)}
}

// setter checks a value and stores it.
type setter func(t *target, value string) error

// set puts one option in; the error names it.
func (t *target) set(a Arg) error {
	o := in(options, a.Name)
	if o == nil {
		return unknown("--"+a.Name, a.Name)
	}
	if a.Value == "" {
		return fmt.Errorf("--%s needs a value: --%s=%s", a.Name, a.Name, o.value)
	}
	if strings.ContainsRune(a.Value, 0) {
		return fmt.Errorf("--%s: %q holds a NUL byte", a.Name, a.Value)
	}
	if err := o.set(t, a.Value); err != nil {
		return fmt.Errorf("--%s=%s: %w", a.Name, printable(a.Value), err)
	}
	return nil
}

// printable quotes a value that would not show as it is on one line.
func printable(s string) string {
	if q := strconv.Quote(s); q[1:len(q)-1] != s {
		return q
	}
	return s
}

// conflict says which options do not go together.
func (t *target) conflict() error {
	if t.noHealth && t.health != nil {
		return errors.New("--no-healthcheck and --health-* exclude each other")
	}
	if t.log.Type == "none" && len(t.log.Config) > 0 {
		return errors.New("--log-driver=none takes no --log-opt")
	}
	return nil
}

// finish stores what was collected. profiles are seccomp profiles by their files.
func (t *target) finish(profiles map[string]string) error {
	if err := t.conflict(); err != nil {
		return err
	}
	switch {
	case t.noHealth:
		t.config.Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
	case t.health != nil:
		if old := t.config.Healthcheck; old != nil && len(t.health.Test) == 0 {
			t.health.Test = old.Test
		}
		t.config.Healthcheck = t.health
	}
	if t.log.Type != "" || t.log.Config != nil {
		t.host.LogConfig = t.log
	}
	if t.volumeDriver != "" {
		t.setVolumeDrivers()
	}
	if err := t.finishSecurity(profiles); err != nil {
		return err
	}
	return t.finishNetwork()
}

// setVolumeDrivers gives the driver to the named volumes: the engine itself only
// gives HostConfig.VolumeDriver to those among the Binds.
func (t *target) setVolumeDrivers() {
	t.host.VolumeDriver = t.volumeDriver
	for i := range t.host.Mounts {
		m := &t.host.Mounts[i]
		if m.Type != mount.TypeVolume {
			continue
		}
		if m.VolumeOptions == nil {
			m.VolumeOptions = &mount.VolumeOptions{}
		}
		if d := m.VolumeOptions.DriverConfig; d == nil || d.Name == "" {
			driver := mount.Driver{Name: t.volumeDriver}
			if d != nil {
				driver.Options = d.Options
			}
			m.VolumeOptions.DriverConfig = &driver
		}
	}
}

// fresh is a new value for a field that is nil where its option is not given.
func fresh[T any](field **T) *T {
	*field = new(T)
	return *field
}

// The setters that several options share follow.

// text stores the value as it is.
func text(field func(*target) *string) setter {
	return func(t *target, value string) error {
		*field(t) = value
		return nil
	}
}

// check stores nothing: the option is merged with a key of ours.
func check(valid func(string) (string, error)) setter {
	return func(_ *target, value string) error {
		if valid == nil {
			return nil
		}
		_, err := valid(value)
		return err
	}
}

// list appends what valid makes of the value.
func list(valid func(string) (string, error), field func(*target) *[]string) setter {
	return func(t *target, value string) error {
		return opts.NewListOptsRef(field(t), valid).Set(value)
	}
}

// table stores NAME=VALUE.
func table(valid func(string) (string, error), field func(*target) *map[string]string) setter {
	return func(t *target, value string) error {
		m := field(t)
		if *m == nil {
			*m = map[string]string{}
		}
		return opts.NewMapOpts(*m, valid).Set(value)
	}
}

func keyValue(s string) (string, error) {
	if k, _, ok := strings.Cut(s, "="); !ok || k == "" {
		return "", errors.New("want NAME=VALUE")
	}
	return s, nil
}

// mode stores one of the engine's mode types, each of which knows what is valid.
func mode[M interface {
	~string
	Valid() bool
}](want string, field func(*target) *M) setter {
	return func(t *target, value string) error {
		if !M(value).Valid() {
			return errors.New("want " + want)
		}
		*field(t) = M(value)
		return nil
	}
}

// toggle stores a switch.
func toggle(field func(*target) *bool) setter {
	return func(t *target, value string) (err error) {
		*field(t), err = parseBool(value)
		return err
	}
}

func parseBool(s string) (bool, error) {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, errors.New("want true or false")
	}
	return b, nil
}

// number stores a whole number from least to most.
func number[N int | int64](least, most int64, field func(*target) *N) setter {
	return func(t *target, value string) error {
		n, err := parseInt(value, least, most)
		*field(t) = N(n)
		return err
	}
}

func parseInt(s string, least, most int64) (int64, error) {
	// Base 0, as docker: 0x10 is a number too.
	n, err := strconv.ParseInt(s, 0, 64)
	switch {
	case err != nil:
		return 0, errors.New("want a whole number")
	case n < least && most == maxInt64:
		return 0, fmt.Errorf("want at least %d", least)
	case n < least || n > most:
		return 0, fmt.Errorf("want %d to %d", least, most)
	}
	return n, nil
}

// size stores a size: a number of bytes, with b, k, m, g, t or p for the powers
// of 1024.
func size(field func(*target) *int64) setter {
	return func(t *target, value string) error {
		return (*opts.MemBytes)(field(t)).Set(value)
	}
}

// throttle appends DEVICE:RATE.
func throttle(valid func(string) (*blkiodev.ThrottleDevice, error), field func(*target) *[]*blkiodev.ThrottleDevice) setter {
	return func(t *target, value string) error {
		o := opts.NewThrottledeviceOpt(valid)
		if err := o.Set(value); err != nil {
			return err
		}
		*field(t) = append(*field(t), o.GetList()...)
		return nil
	}
}
