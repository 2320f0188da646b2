//go:build linux

package setup

import (
	"fmt"
	"slices"

	"ctenv/internal/rlimit"
	"ctenv/internal/shellcall"
	"ctenv/internal/wire"
)

// limits sets the resource limits that the engine has left as they were.
func (in *Init) limits() (string, error) {
	set := 0
	for _, l := range in.req.Limits {
		done, err := rlimit.Set(rlimit.Limit(l))
		if err != nil {
			return "", fmt.Errorf("%s=%d:%d: %w", l.Name, l.Soft, l.Hard, err)
		}
		if done {
			set++
		}
	}
	if set == 0 {
		return "", nil
	}
	return fmt.Sprintf("set %d of %d", set, len(in.req.Limits)), nil
}

// keepLimits notes the limits that shell text ended with, where they are others than it
// began with: they are the command's too.
func (in *Init) keepLimits(ended []shellcall.Limit) {
	for _, l := range ended {
		if rlimit.Differs(l) {
			in.textLimits = append(slices.DeleteFunc(in.textLimits, func(old wire.Limit) bool { return old.Name == l.Name }), wire.Limit(l))
		}
	}
}

// setTextLimits sets those limits: at the drop, while they can be raised, all but those
// of memory, under which this program might not go on; last, all.
func (in *Init) setTextLimits(memory bool) {
	for _, l := range in.textLimits {
		if !memory && (l.Name == "as" || l.Name == "data") {
			continue
		}
		if _, err := rlimit.Set(rlimit.Limit(l)); err != nil {
			in.msg.Warn("the limit %s=%d:%d of shell text does not reach the command: %v", l.Name, l.Soft, l.Hard, err)
		}
	}
}

func shellLimits(limits []wire.Limit) []shellcall.Limit {
	var all []shellcall.Limit
	for _, l := range limits {
		all = append(all, shellcall.Limit(l))
	}
	return all
}
