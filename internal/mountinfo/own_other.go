//go:build !linux

package mountinfo

import "errors"

// Own is of Linux.
func Own() ([]Mount, error) { return nil, errors.ErrUnsupported }
