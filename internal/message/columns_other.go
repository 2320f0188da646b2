//go:build !linux

package message

import "io"

func columns(io.Writer) int { return 0 }
