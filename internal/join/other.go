//go:build !linux

package join

import (
	"errors"
	"os"
)

// errOther: containers run on another kernel, and are joined by a relay.
var errOther = errors.New("no container runs on this kernel")

// Dir is where sockets of containers would be.
type Dir struct{}

func OpenDir(string, bool) (*Dir, error)     { return nil, errOther }
func (*Dir) Close() error                    { return nil }
func (*Dir) Listen(string) (*os.File, error) { return nil, errOther }
func (*Dir) Alias(name, alias string) error  { return errOther }
func (*Dir) Remove(string)                   {}
func (*Dir) Dial(string) (Link, error)       { return nil, errOther }
func (*Dir) Sweep()                          {}
