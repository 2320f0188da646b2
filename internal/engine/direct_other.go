//go:build !linux

package engine

import (
	"os"

	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/plan"
)

// direct needs a container on this machine's kernel.
type direct struct{ outs []*os.File }

func newDirect(plan.Plan, Streams) *direct { return nil }

func (d *direct) mount() mount.Mount   { return mount.Mount{} }
func (d *direct) expire()              {}
func (d *direct) isUsed() bool         { return false }
func (d *direct) copyOutput(int) error { return nil }
func (d *direct) copyInput(*os.File)   {}
func (d *direct) close()               {}
