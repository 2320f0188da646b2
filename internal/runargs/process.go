package runargs

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// setRuntime takes the OCI runtime. The key of ours with the same name takes
// other values, so one that was meant for it is recognised.
func setRuntime(t *target, value string) error {
	switch value {
	case "auto", "docker", "podman":
		return fmt.Errorf("this is the OCI runtime; to choose the engine, set the key runtime = %q", value)
	}
	t.host.Runtime = value
	return nil
}

// setStopSignal takes a number or a name of signal(7). The engine knows which
// names its platform has.
func setStopSignal(t *target, value string) error {
	wrong := errors.New("want a signal such as SIGTERM or 15")
	if n, err := strconv.Atoi(value); err == nil {
		if n < 1 || n > 64 {
			return wrong
		}
	} else if name := strings.TrimPrefix(strings.ToUpper(value), "SIG"); name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-") != "" {
		return wrong
	}
	t.config.StopSignal = value
	return nil
}

func setStopTimeout(t *target, value string) error {
	n, err := parseInt(value, -1, math.MaxInt32)
	seconds := int(n)
	t.config.StopTimeout = &seconds
	return err
}
