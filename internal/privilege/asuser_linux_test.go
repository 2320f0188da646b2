package privilege

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/hint"
	"ctenv/internal/scratchroot"
)

// TestNoSetfsuid: a kernel without the call, as gVisor's, is no matter of capabilities.
func TestNoSetfsuid(t *testing.T) {
	scratchroot.Need(t)
	const load, equal, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{
		{Code: load}, // the call's number
		{Code: equal, K: unix.SYS_SETFSUID, Jf: 1},
		{Code: ret, K: 0x00050000 | uint32(unix.ENOSYS)}, // SECCOMP_RET_ERRNO
		{Code: ret, K: 0x7fff0000},                       // SECCOMP_RET_ALLOW
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the filter is this thread's
		program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
			done <- err
			return
		}
		done <- becomeForFiles(user)
	}()
	err := <-done
	if way, _ := hint.Of(err); !errors.Is(err, unix.ENOSYS) || !strings.Contains(err.Error(), "this kernel") || way != "" {
		t.Errorf("%v, hint %q", err, way)
	}
}
