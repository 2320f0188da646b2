package runargs

import (
	"errors"
	"strconv"
	"strings"

	"github.com/docker/cli/opts"
)

// validEnv checks NAME or NAME=VALUE. It is not opts.ValidateEnv, which looks
// NAME up in our environment: passing variables on is the key env's.
func validEnv(s string) (string, error) {
	if name, _, _ := strings.Cut(s, "="); name == "" {
		return "", errors.New("the variable has no name")
	}
	return s, nil
}

func validUlimit(s string) (string, error) {
	err := opts.NewUlimitOpt(nil).Set(s)
	if errors.As(err, new(*strconv.NumError)) {
		err = errors.New("want NAME=SOFT[:HARD], each a number or -1")
	}
	return s, err
}
