//go:build linux

package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// stepTimeout is how long an expect waits, and the command may take to end after
// the last step.
const stepTimeout = awaitTimeout

// ptyMain runs a command in a terminal of 80 columns and 24 rows, and exits as it
// does. What the terminal showed goes to stdout. A terminal whose settings the
// command has left changed is an error. The steps are a file with a line each:
//
//	expect REGEXP   wait until what was shown since the last match matches
//	type "TEXT"     type it, a Go string: \r is the Enter key, \x03 Ctrl-C
//	touch FILE      make it, for a script that awaits what was expected
//	resize COLSxROWS
//	hangup          take the terminal away, as the last, and where its size has not changed
func ptyMain(args []string) {
	if len(args) < 2 {
		fail(errors.New("usage: pty STEPS COMMAND [ARGUMENT...]"))
	}
	code, err := runInTerminal(args[0], exec.Command(args[1], args[2:]...), os.Stdout)
	fail(err)
	os.Exit(code)
}

func runInTerminal(stepsFile string, cmd *exec.Cmd, out io.Writer) (code int, err error) {
	terminal, side, err := pty.Open()
	if err != nil {
		return 0, err
	}
	defer terminal.Close()
	defer side.Close()
	if err := pty.Setsize(terminal, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		return 0, err
	}
	// A blocked read would keep the terminal from being closed.
	if err := unix.SetNonblock(int(terminal.Fd()), true); err != nil {
		return 0, err
	}
	before, err := unix.IoctlGetTermios(int(side.Fd()), unix.TCGETS)
	if err != nil {
		return 0, err
	}

	cmd.Stdin, cmd.Stdout, cmd.Stderr = side, side, side
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	screen := newScreen(terminal)
	defer func() { io.WriteString(out, screen.text()) }()

	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()

	if err := runSteps(stepsFile, terminal, screen); err != nil {
		cmd.Process.Kill()
		<-exited
		return 0, err
	}
	select {
	case err = <-exited:
	case <-time.After(stepTimeout):
		cmd.Process.Kill()
		<-exited
		return 0, errors.New("the command does not end after the last step")
	}
	if code, err = exitStatus(err); err != nil {
		return 0, err
	}
	after, err := unix.IoctlGetTermios(int(side.Fd()), unix.TCGETS)
	if errors.Is(err, unix.EIO) { // it has hung up
		return code, nil
	}
	if err != nil {
		return 0, err
	}
	if *after != *before {
		return 0, errors.New("the terminal was left with other settings")
	}
	side.Close() // the last one: what is shown has an end
	screen.drain()
	return code, nil
}

func runSteps(file string, terminal *os.File, screen *screen) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if err := runStep(lines.Text(), terminal, screen); err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	return lines.Err()
}

func runStep(line string, terminal *os.File, screen *screen) error {
	verb, arg, _ := strings.Cut(line, " ")
	switch verb {
	case "expect":
		re, err := regexp.Compile(arg)
		if err != nil {
			return err
		}
		return screen.expect(re)
	case "type":
		text, err := strconv.Unquote(arg)
		if err != nil {
			return fmt.Errorf("%s: %w", arg, err)
		}
		_, err = io.WriteString(terminal, text)
		return err
	case "touch":
		return os.WriteFile(arg, nil, 0o644)
	case "resize":
		var size pty.Winsize
		if _, err := fmt.Sscanf(arg, "%dx%d", &size.Cols, &size.Rows); err != nil {
			return fmt.Errorf("%q is no COLSxROWS: %w", arg, err)
		}
		return pty.Setsize(terminal, &size)
	case "hangup":
		return terminal.Close()
	case "":
		return nil
	}
	return fmt.Errorf("step %q is unknown", verb)
}

// screen collects what a terminal shows.
type screen struct {
	mu      sync.Mutex
	all     []byte
	matched int           // expect has seen everything before this
	more    chan struct{} // a token when all has grown
	ended   chan struct{} // closed when nobody has the terminal any more
}

func newScreen(r io.Reader) *screen {
	s := &screen{more: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		buf := make([]byte, 4096)
		for {
			n, err := r.Read(buf)
			s.mu.Lock()
			s.all = append(s.all, buf[:n]...)
			s.mu.Unlock()
			select {
			case s.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	return s
}

func (s *screen) expect(re *regexp.Regexp) error {
	timeout := time.After(stepTimeout)
	for {
		s.mu.Lock()
		fresh := s.all[s.matched:]
		at := re.FindIndex(fresh)
		if at != nil {
			s.matched += at[1]
		}
		s.mu.Unlock()
		if at != nil {
			return nil
		}
		select {
		case <-s.more:
		case <-timeout:
			return fmt.Errorf("%q was not shown; since the last match: %q", re, fresh)
		}
	}
}

// drain waits until all is read: the reader may be behind the command. What runs in the
// background may hold the terminal.
func (s *screen) drain() {
	select {
	case <-s.ended:
	case <-time.After(drainTime):
	}
}

const drainTime = 2 * time.Second

// text is all that was shown, with line ends as in files.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(string(s.all), "\r\n", "\n")
}
