//go:build linux

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// streamKinds are what a standard stream may be.
var streamKinds = []string{"terminal", "pipe", "file", "socket", "null", "closed"}

// allStreamsVar has streamsMain try each command with every combination: 864 runs. What
// it does else has every pair of kinds, and every command with every kind.
const allStreamsVar = "CTENV_TEST_STREAMS"

// streamsMain runs commands in containers with standard streams of all kinds. Each has
// to end, with its exit code, and all that it wrote has to arrive. The arguments are how
// to run a command, as "ctenv run --".
func streamsMain(launch []string) {
	if len(launch) == 0 {
		fail(errors.New("usage: streams COMMAND [ARGUMENT...]"))
	}
	big := bytes.Repeat([]byte("0123456789abcdef\n"), 20_000)
	fail(os.WriteFile("big", big, 0o644))
	var all []*streamsCase
	n := len(streamKinds)
	for c := range streamCommands {
		for i := range n * n * n {
			in, out, errOut := i/n/n, i/n%n, i%n
			if os.Getenv(allStreamsVar) != "all" && (errOut != (in+out)%n || (3*in+out)%len(streamCommands) != c) {
				continue
			}
			one := &streamsCase{
				command: streamCommands[c], launch: launch, big: string(big), id: fmt.Sprintf("%d.%d", c, i),
				kinds: [3]string{streamKinds[in], streamKinds[out], streamKinds[errOut]},
			}
			all = append(all, one)
		}
	}
	var failed []string
	var mu sync.Mutex
	var running sync.WaitGroup
	turns := make(chan bool, 4)
	for _, c := range all {
		turns <- true
		running.Go(func() {
			defer func() { <-turns }()
			if err := c.run(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, fmt.Sprintf("%s with stdin %s, stdout %s, stderr %s: %v", c.command.name, c.kinds[0], c.kinds[1], c.kinds[2], err))
			}
		})
	}
	running.Wait()
	fmt.Printf("%d combinations, %d failed\n", len(all), len(failed))
	if len(failed) > 0 {
		fail(errors.New(strings.Join(failed, "\n")))
	}
}

// streamCommand is a command for sh with the name of a file that it may make, and what
// has to become of it.
type streamCommand struct {
	name, text string
	code       int
	typed      string // goes to its stdin
	killed     bool   // by TERM, while nobody reads what it writes
	out        func(c *streamsCase) string
	err        string
}

var streamCommands = []streamCommand{
	{name: "one that does not read", text: "echo out; echo err >&2; exit 7", code: 7,
		out: func(*streamsCase) string { return "out\n" }, err: "err\n"},
	{name: "one that writes a lot", text: "cat big; echo err >&2; exit 3", code: 3,
		out: func(c *streamsCase) string { return c.big }, err: "err\n"},
	{name: "one that is killed", text: `: >"$0"; exec tail -c +1 -f big`, code: 143, killed: true,
		out: func(c *streamsCase) string { return c.big }},
	{name: "one that reads", text: "exec cat", typed: "in\n",
		out: func(c *streamsCase) string {
			if c.kinds[0] == "null" || c.kinds[0] == "closed" {
				return ""
			}
			return "in\n"
		}},
}

// streamsCase is one command with its streams.
type streamsCase struct {
	command streamCommand
	kinds   [3]string
	launch  []string
	big, id string

	ours    [3]*os.File // the other ends: of a pipe, socket or terminal; the file itself
	theirs  [3]*os.File
	screen  *os.File // the terminal that is shared by all streams which are one
	written [3]bytes.Buffer
}

// interactive says that ctenv gives the command a terminal.
func (c *streamsCase) interactive() bool { return c.kinds[0] == "terminal" && c.kinds[1] == "terminal" }

// streamsTimeout is how long a command may take, beside others.
const streamsTimeout = awaitTimeout

func (c *streamsCase) run() error {
	defer c.close()
	redirect := ""
	for fd, kind := range c.kinds {
		if err := c.open(fd, kind); err != nil {
			return err
		}
		if kind == "closed" {
			redirect += fmt.Sprintf(" %d>&-", fd)
		}
	}
	started := "started." + c.id
	args := append([]string{"-c", `exec "$@"` + redirect, "sh"}, c.launch...)
	cmd := exec.Command("sh", append(args, "sh", "-c", c.command.text, started)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	for fd, f := range c.theirs {
		if f == nil {
			continue
		}
		if f == c.screen {
			cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, fd
		}
		switch fd {
		case 0:
			cmd.Stdin = f
		case 1:
			cmd.Stdout = f
		case 2:
			cmd.Stderr = f
		}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	for fd, f := range c.theirs {
		if f != nil && c.kinds[fd] != "file" {
			f.Close()
		}
	}
	if err := c.feed(); err != nil {
		cmd.Process.Kill()
		return err
	}
	if c.command.killed {
		if err := c.awaitStart(started); err != nil {
			cmd.Process.Kill()
			return err
		}
		cmd.Process.Signal(syscall.SIGTERM)
		c.awaitStill()
	}
	var reading sync.WaitGroup
	c.read(&reading)
	select {
	case err := <-exited:
		code, err := exitStatus(err)
		if err != nil {
			return err
		}
		reading.Wait()
		return c.check(code)
	case <-time.After(streamsTimeout):
		cmd.Process.Kill()
		return errors.New("it does not end")
	}
}

// open makes a stream of that kind.
func (c *streamsCase) open(fd int, kind string) (err error) {
	switch kind {
	case "terminal":
		if c.screen == nil {
			var terminal *os.File
			if terminal, c.screen, err = pty.Open(); err != nil {
				return err
			}
			c.ours[fd] = terminal
		}
		c.theirs[fd] = c.screen
	case "pipe":
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		c.ours[fd], c.theirs[fd] = r, w
		if fd == 0 {
			c.ours[fd], c.theirs[fd] = w, r
		}
	case "file":
		f, err := os.Create(filepath.Join(os.Getenv("WORK"), fmt.Sprintf("file.%s.%d", c.id, fd)))
		if err != nil {
			return err
		}
		if _, err := f.WriteAt([]byte(c.command.typed), 0); fd == 0 && err != nil {
			return err
		}
		c.ours[fd], c.theirs[fd] = f, f
		if fd != 0 {
			return f.Truncate(0)
		}
	case "socket":
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		c.ours[fd], c.theirs[fd] = os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "socket")
	case "null":
		c.theirs[fd], err = os.OpenFile(os.DevNull, os.O_RDWR, 0)
	}
	return err
}

// feed gives a command its input. One that reads none has a stdin that stays open.
func (c *streamsCase) feed() error {
	if c.command.typed == "" || c.ours[0] == nil || c.kinds[0] == "file" {
		return nil
	}
	if err := c.awaitRaw(); err != nil {
		return err
	}
	io.WriteString(c.ours[0], c.command.typed)
	switch c.kinds[0] {
	case "terminal":
		c.ours[0].Write([]byte{4}) // end of file (termios(3), VEOF)
	case "pipe":
		c.ours[0].Close()
	case "socket":
		return control(c.ours[0], func(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) })
	}
	return nil
}

// awaitRaw waits until ctenv has taken the terminal over: what was typed before is dropped.
func (c *streamsCase) awaitRaw() error {
	if !c.interactive() {
		return nil
	}
	for deadline := time.Now().Add(streamsTimeout); ; time.Sleep(20 * time.Millisecond) {
		raw := false
		err := control(c.ours[0], func(fd int) error {
			state, err := unix.IoctlGetTermios(fd, unix.TCGETS)
			raw = err == nil && state.Lflag&unix.ICANON == 0
			return err
		})
		switch {
		case err != nil || raw:
			return err
		case time.Now().After(deadline):
			return errors.New("the terminal does not become raw")
		}
	}
}

// awaitStart waits until the command runs, and its output where somebody can see it.
func (c *streamsCase) awaitStart(started string) error {
	for deadline := time.Now().Add(streamsTimeout); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(started); err == nil {
			break
		}
		if time.Now().After(deadline) {
			return errors.New("it does not start")
		}
	}
	c.awaitStill()
	return nil
}

// awaitStill waits until no more output comes that nobody reads: what takes it is full, so
// whoever writes it waits. Nothing that is checked depends on that.
func (c *streamsCase) awaitStill() {
	unread := func() (all int) {
		for fd := range c.ours {
			if c.isRead(fd) {
				_ = control(c.ours[fd], func(fd int) error {
					n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
					all += n
					return err
				})
			}
		}
		return all
	}
	for before, n := -1, unread(); n != before; before, n = n, unread() {
		time.Sleep(50 * time.Millisecond)
	}
}

// isRead says whether something comes at the other end of a stream.
func (c *streamsCase) isRead(fd int) bool {
	return c.ours[fd] != nil && c.kinds[fd] != "file" && (fd != 0 || c.kinds[fd] == "terminal")
}

// control calls do with a descriptor, which stays as it is.
func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	if controlErr := raw.Control(func(fd uintptr) { err = do(int(fd)) }); controlErr != nil {
		return controlErr
	}
	return err
}

// read collects what is written, to its end.
func (c *streamsCase) read(reading *sync.WaitGroup) {
	for fd, f := range c.ours {
		if !c.isRead(fd) {
			continue
		}
		reading.Go(func() { io.Copy(&c.written[fd], f) }) // a terminal's ends in EIO
	}
}

// check compares what came with what had to come.
func (c *streamsCase) check(code int) error {
	var errs []error
	if code != c.command.code {
		errs = append(errs, fmt.Errorf("exit code %d, not %d", code, c.command.code))
	}
	want := [3]string{1: c.command.out(c), 2: c.command.err}
	if c.interactive() {
		// A command with a terminal of its own has one output.
		want[1], want[2] = want[1]+want[2], ""
	}
	shown := -1 // where the terminal is read
	for fd := range want {
		kind := c.kinds[fd]
		switch {
		case kind == "terminal" && shown < 0:
			shown = fd
		case kind == "terminal":
			want[shown] += want[fd]
			want[fd] = ""
		}
	}
	for fd := range want {
		kind := c.kinds[fd]
		if kind == "null" || kind == "closed" || fd == 0 && kind != "terminal" {
			continue
		}
		got := c.written[fd].String()
		if kind == "file" {
			data, err := os.ReadFile(c.ours[fd].Name())
			if err != nil {
				return err
			}
			got = string(data)
		}
		got = strings.ReplaceAll(got, "\r\n", "\n")
		ok := got == want[fd]
		switch {
		case c.command.killed:
			ok = strings.HasPrefix(want[fd], got)
		case kind == "terminal" && c.kinds[0] == "terminal" && c.command.typed != "":
			ok = strings.Contains(got, want[fd]) // beside the echo
		}
		if !ok {
			errs = append(errs, fmt.Errorf("descriptor %d got %d bytes, not %d: %.200q", fd, len(got), len(want[fd]), got))
		}
	}
	return errors.Join(errs...)
}

func (c *streamsCase) close() {
	for fd := range c.ours {
		for _, f := range []*os.File{c.ours[fd], c.theirs[fd]} {
			if f != nil {
				f.Close()
			}
		}
	}
}
