//go:build !linux

package handover

import (
	"errors"
	"time"
)

// They are as on Linux.
const (
	Grace        = time.Second
	WitnessGrace = Grace
)

// ErrOtherKernel says that descriptors of this machine are of no use to a container.
var ErrOtherKernel = errors.New("the container is on another kernel")

// Handover needs a container on this machine's kernel.
type Handover struct {
	Dir *Dir
	Ask string
}

func Offer(string, []byte, []int) (*Handover, error) { return nil, ErrOtherKernel }
func OfferWitness(string, bool) (*Handover, error)   { return nil, ErrOtherKernel }
func Parent(string) string                           { return "" }
func (*Handover) Socket() string                     { return "" }
func (*Handover) Expire(time.Duration)               {}
func (*Handover) Settled() <-chan struct{}           { return nil }
func (*Handover) IsUsed() bool                       { return false }
func (*Handover) Close()                             {}
