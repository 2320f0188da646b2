//go:build linux

package setup

import (
	"errors"

	"ctenv/internal/saferoot"
	"ctenv/internal/takeover"
	"ctenv/internal/wire"
)

// takeStreams puts pipes that lead straight to ctenv in the place of the engine's
// streams, which copy every byte six times, or takes the socket to serve. It is the
// first step, so that whatever anybody writes after it arrives in its order.
func (in *Init) takeStreams() {
	err := errNoStreams
	switch {
	case in.req.Streams == "":
	case in.req.Mode == wire.ModeServe:
		in.listener, err = takeover.Listener(in.req.StreamsPath(), in.req.Streams)
	default:
		err = takeover.Streams(in.req.StreamsPath(), in.req.Streams)
	}
	if err != nil && in.req.Hello != "" {
		_ = saferoot.WriteFD(2, []byte(wire.HelloText(in.req.Hello)))
	}
	if err != nil && err != errNoStreams {
		in.msg.Detail("streams: the engine's are used: %v", err)
	}
}

var errNoStreams = errors.New("no streams are to be had")
