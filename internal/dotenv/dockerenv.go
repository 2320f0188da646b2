package dotenv

import (
	"bytes"
	"strings"

	"github.com/docker/cli/pkg/kvfile"

	"ctenv/internal/config"
)

// Var is a variable of a file. Line counts from 1.
type Var struct {
	Value string
	Line  int
}

// inFile is a mistake in a file, whose name the caller knows. It quotes no value,
// which may be a secret. line counts from 1.
func inFile(line int, text, way string) error {
	return &config.Error{Pos: config.Pos{Line: line}, Msg: text, Hint: way}
}

// ParseDocker reads a file as --env-file of `docker run` does: quotes and dollars
// are part of a value, and a line with a name alone passes the host's variable. It goes
// line by line, for the number of the line, and because the library's errors quote it.
func ParseDocker(data []byte, env map[string]string) (map[string]Var, error) {
	vars := map[string]Var{}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	for i, line := range bytes.Split(data, []byte("\n")) {
		if bytes.IndexByte(line, 0) >= 0 {
			return nil, inFile(i+1, "it holds a NUL byte, which no variable can", "save the file as plain UTF-8 text")
		}
		found, err := kvfile.ParseFromReader(bytes.NewReader(line), func(name string) (string, bool) {
			value, ok := env[name]
			return value, ok
		})
		if err != nil {
			return nil, inFile(i+1, "not of the form NAME=value or NAME, of UTF-8 text and at most 64 KiB",
				"env_file reads other files too: lines that start with export, values in quotes")
		}
		for _, kv := range found {
			name, value, _ := strings.Cut(kv, "=")
			vars[name] = Var{value, i + 1}
		}
	}
	return vars, nil
}

// Passed are the names that stand alone in a file for --env-file of `docker run`,
// each with its line: those that pass a variable of the host.
func Passed(data []byte) map[string]int {
	names := map[string]int{}
	for i, line := range bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n")) {
		_, _ = kvfile.ParseFromReader(bytes.NewReader(line), func(name string) (string, bool) {
			if names[name] == 0 {
				names[name] = i + 1
			}
			return "", false
		})
	}
	return names
}
