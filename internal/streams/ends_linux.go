package streams

import (
	"os"
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ctenv/internal/pipes"
)

// Ends are pipes between the caller's streams and a command's. They are ctenv's own: a
// container that got the caller's could read what another wrote there.
type Ends struct {
	Targets []byte       // what the command's ends are for, 0 to 2,
	Theirs  []int        // and those, in that order
	in      *os.File     // our ends: nil where the command has no stdin,
	Outs    []*os.File   // one or two,
	to      []*os.File   // and where those go
	writing atomic.Int32 // how many copies hold what they have not written
}

// NewEnds makes the pipes for a command that writes to s and, with stdin, reads from it.
func NewEnds(stdin bool, s Streams) (d *Ends, err error) {
	d = &Ends{}
	defer func() {
		if err != nil {
			d.CloseTheirs()
			d.CloseOurs()
		}
	}()
	if stdin {
		if err := d.pipe(0, nil); err != nil {
			return d, err
		}
	}
	if err := d.pipe(1, s.Out); err != nil {
		return d, err
	}
	if sameFile(s.Out, s.Err) {
		// One pipe keeps the order of what is written to both.
		if err := d.share(2); err != nil {
			return d, err
		}
	} else if err := d.pipe(2, s.Err); err != nil {
		return d, err
	}
	return d, nil
}

// pipe makes a pipe for a stream: an output that goes to a file, or 0, stdin.
func (d *Ends) pipe(target byte, to *os.File) error {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	reader, writer := p[0], p[1]
	d.Targets = append(d.Targets, target)
	if target == 0 {
		d.Theirs, d.in = append(d.Theirs, reader), os.NewFile(uintptr(writer), "|")
		return nil
	}
	d.Theirs, d.Outs = append(d.Theirs, writer), append(d.Outs, os.NewFile(uintptr(reader), "|"))
	d.to = append(d.to, to)
	return nil
}

// share uses the pipe made last for one more stream.
func (d *Ends) share(target byte) error {
	fd, err := unix.FcntlInt(uintptr(d.Theirs[len(d.Theirs)-1]), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	d.Targets, d.Theirs = append(d.Targets, target), append(d.Theirs, fd)
	return nil
}

func sameFile(a, b *os.File) bool {
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// CopyOutput copies one of the outputs to its end. A failure to write is an
// *OutputError. That nobody reads any more is none: our end is closed then, so the
// kernel tells whoever goes on writing, by EPIPE and SIGPIPE.
func (d *Ends) CopyOutput(i int) error {
	defer d.Outs[i].Close()
	err := pipes.Copy(d.to[i], d.Outs[i], &d.writing)
	if err == nil || ReaderGone(err) {
		return nil
	}
	return &OutputError{err}
}

// Holds says that there is output which has not been written yet.
func (d *Ends) Holds() bool {
	return d.writing.Load() > 0 || slices.ContainsFunc(d.Outs, func(out *os.File) bool { return pipes.Unread(out) > 0 })
}

// CopyInput copies in to the command until its end, or the command's.
func (d *Ends) CopyInput(in *os.File) {
	defer d.in.Close()
	_ = pipes.Copy(d.in, in, new(atomic.Int32))
}

// CloseTheirs closes the command's ends.
func (d *Ends) CloseTheirs() {
	for _, fd := range d.Theirs {
		unix.Close(fd)
	}
	d.Theirs = nil
}

// CloseOurs closes the caller's ends.
func (d *Ends) CloseOurs() {
	for _, end := range append(d.Outs, d.in) {
		_ = end.Close() // of a nil file, an error
	}
}
