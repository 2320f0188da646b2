//go:build !linux

package engine

import (
	"context"
	"os"
	"time"

	"ctenv/internal/plan"
)

const directGrace = time.Second

// direct needs a container on this machine's kernel.
type direct struct {
	ask  string
	outs []*os.File
}

func newDirect(plan.Plan, Streams) *direct { return nil }

func (d *direct) mount() plan.Mount                     { return plan.Mount{} }
func (d *direct) expire(time.Duration)                  {}
func (d *direct) isUsed() bool                          { return false }
func (d *direct) copyOutput(int) error                  { return nil }
func (d *direct) copyInput(*os.File)                    {}
func (d *direct) ended(context.Context) <-chan struct{} { return nil }
func (d *direct) close()                                {}
