package wire

import (
	"bytes"
	"strings"
)

const (
	// StayDir is a tmpfs of containers that stay, for root only: the environment
	// that set-up ended with, and the commands that run.
	StayDir = Dir + "/stay"
	// What a container that stays writes to stderr when it is ready, after all that
	// set-up wrote there: these two, with the request's Mark between them.
	readyStart = "\x00ctenv-ready "
	readyEnd   = "\x00\n"
)

// WatchLeave is what CommandWatch reads when the command is to go on without a
// client. Every other line is the number of a signal.
const WatchLeave = "leave"

// WatchEntered is what CommandWatch writes once the container is ready.
const WatchEntered = "entered"

// ReadyMark is what a container that stays writes when it is ready.
func ReadyMark(mark string) string { return readyStart + mark + readyEnd }

// readyLen is how long such a text is.
const readyLen = len(readyStart) + sessionLen + len(readyEnd)

// FindReadyMark finds such a text of mark, or of any where mark is "". Where there is
// none, more is where one may begin, which is len(text) where none does.
func FindReadyMark(text []byte, mark string) (start, end, more int) {
	for from := 0; ; from = start + 1 {
		i := bytes.IndexByte(text[from:], readyStart[0])
		if i < 0 {
			return -1, -1, len(text)
		}
		start = from + i
		got := string(text[start:min(len(text), start+readyLen)])
		this := mark
		if this == "" {
			this = got[min(len(got), len(readyStart)):min(len(got), len(readyStart)+sessionLen)]
		}
		switch {
		case !strings.HasPrefix(ReadyMark(this), got):
		case len(got) == readyLen:
			return start, start + readyLen, start + readyLen
		default:
			return -1, -1, start
		}
	}
}

// sessionLen is the length of a session's name and of a mark.
const sessionLen = 32

// validSession: it becomes part of a file's name.
func validSession(s string) bool {
	return len(s) == sessionLen && strings.Trim(s, "0123456789abcdef") == ""
}
