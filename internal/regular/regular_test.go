package regular

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	make := func(name string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	socket, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for name, tt := range map[string]struct {
		path string
		want string
		err  string
	}{
		"a file":                       {make("file", os.WriteFile(at("file"), []byte("content"), 0o600)), "content", ""},
		"one of just the limit":        {make("ten", os.WriteFile(at("ten"), []byte("0123456789"), 0o600)), "0123456789", ""},
		"an empty one":                 {make("empty", os.WriteFile(at("empty"), nil, 0o600)), "", ""},
		"a symlink to a file":          {make("link", os.Symlink("file", at("link"))), "content", ""},
		"a longer one":                 {make("long", os.WriteFile(at("long"), []byte("0123456789a"), 0o600)), "", "longer than 10 bytes"},
		"one with a hole of 1 TiB":     {make("huge", os.WriteFile(at("huge"), nil, 0o600)), "", "longer than 10 bytes"},
		"a named pipe without writer":  {make("pipe", syscall.Mkfifo(at("pipe"), 0o600)), "", "named pipe"},
		"a symlink to a named pipe":    {make("topipe", os.Symlink("pipe", at("topipe"))), "", "named pipe"},
		"a socket":                     {at("socket"), "", "socket"},
		"a directory":                  {dir, "", "directory"},
		"a device that never ends":     {"/dev/zero", "", "device"},
		"a symlink to a device":        {make("zero", os.Symlink("/dev/zero", at("zero"))), "", "device"},
		"a symlink to itself":          {make("loop", os.Symlink("loop", at("loop"))), "", "symbolic links"},
		"a file of proc, size unknown": {"/proc/self/limits", "", "longer than 10 bytes"},
		"a missing one":                {at("missing"), "", "no such file"},
		"below a file":                 {at("file/x"), "", "not a directory"},
		"a name too long":              {at(strings.Repeat("x", 300)), "", "name too long"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(name, "1 TiB") {
				if err := os.Truncate(tt.path, 1<<40); notHere(err) {
					t.Skip(err)
				} else if err != nil {
					t.Fatal(err)
				}
			}
			got, err := Read(tt.path, 10)
			if tt.err == "" && (err != nil || string(got) != tt.want) {
				t.Errorf("got %q, %v", got, err)
			}
			if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got %q, %v, want an error with %q", got, err, tt.err)
			}
		})
	}
	if _, err := Read(at("missing"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file is %v", err)
	}
}

// notHere says that a file so large is more than the file system can do.
func notHere(err error) bool {
	for _, cannot := range []error{syscall.ENOSPC, syscall.EFBIG, syscall.EINVAL, syscall.EOPNOTSUPP} {
		if errors.Is(err, cannot) {
			return true
		}
	}
	return false
}

// Files of /proc that wait for what is yet to come, where the caller may read them.
func TestReadNeverWaits(t *testing.T) {
	for _, path := range []string{"/proc/kmsg", "/sys/kernel/tracing/trace_pipe", "/sys/kernel/debug/tracing/trace_pipe"} {
		data, err := Read(path, 64<<10)
		t.Logf("%s: %d bytes, %v", path, len(data), err)
	}
}

func TestFS(t *testing.T) {
	dir := t.TempDir()
	for name, err := range map[string]error{
		"file": os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600), "sub": os.Mkdir(filepath.Join(dir, "sub"), 0o700),
		"pipe": syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
	} {
		if err != nil {
			t.Fatal(name, err)
		}
	}
	f := FS{Dir: dir, Limit: 10}
	if data, err := fs.ReadFile(f, "file"); err != nil || string(data) != "x" {
		t.Errorf("got %q, %v", data, err)
	}
	for _, name := range []string{"pipe", "sub", "../" + filepath.Base(dir) + "/file", "missing"} {
		if data, err := fs.ReadFile(f, name); err == nil {
			t.Errorf("%s: got %q", name, data)
		}
	}
	if _, err := f.Open("pipe"); err == nil {
		t.Error("the pipe was opened")
	}
	if entries, err := fs.ReadDir(f, "."); err != nil || len(entries) != 3 {
		t.Errorf("got %v, %v", entries, err)
	}
}
