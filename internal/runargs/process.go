package runargs

import (
	"errors"
	"fmt"
	"math"
	"path"
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

// validTimeout takes podman's seconds.
func validTimeout(value string) (string, error) {
	_, err := parseInt(value, 0, math.MaxInt32)
	return value, err
}

// validTZ takes a name of the time zone database, or "local".
func validTZ(value string) (string, error) {
	if strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") != "" ||
		path.Clean("/"+value) != "/"+value {
		return "", errors.New("want a time zone such as Europe/Stockholm, or local")
	}
	return value, nil
}

// ParseUmask reads a file mode creation mask of three or four octal digits, as podman does.
func ParseUmask(value string) (int, error) {
	n, err := strconv.ParseUint(value, 8, 16)
	if err != nil || n > 0o777 || len(value) < 3 || len(value) > 4 {
		return 0, errors.New("want octal digits such as 0027")
	}
	return int(n), nil
}

func validUmask(value string) (string, error) {
	_, err := ParseUmask(value)
	return value, err
}
