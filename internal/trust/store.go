package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/grants"
	"ctenv/internal/hint"
	"ctenv/internal/wire"
)

// store is a directory with a file for each repository, in the caller's own state. A file
// that somebody else could have written counts as none.
type store struct {
	Dir string // absolute; made when something is saved
	UID int    // the caller's, whose the files have to be
}

// Record is what was allowed for one repository.
type Record struct {
	Version    int
	UID        int
	Repository string // its common git directory, else the project's real path
	Grants     []Grant
}

// Grant is one thing that got a yes.
type Grant struct {
	Kind  string
	Value string
}

const (
	version = 1
	// maxSize caps a file, in bytes. A grant takes a hundred.
	maxSize = 1 << 20
)

// StateDir is ctenv's directory below the caller's state, by the XDG Base Directory
// Specification.
func StateDir(getenv func(string) string, home string) string {
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "ctenv")
	}
	return filepath.Join(home, ".local", "state", "ctenv")
}

// path of a repository's file. The name is a hash: a path may be longer than a name.
func (s store) path(repository string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", s.UID, repository))
	return filepath.Join(s.Dir, hex.EncodeToString(sum[:16])+".json")
}

// load gives what was allowed for a repository: the empty Record where nothing was, and
// with an error where what is there cannot be believed.
func (s store) load(repository string) (Record, error) {
	none := Record{Repository: repository}
	r, err := s.read(s.path(repository))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return none, nil
	case err == nil && r.Repository != repository:
		err = fmt.Errorf("it is about %q", r.Repository)
	}
	if err != nil {
		return none, fmt.Errorf("what was allowed is not believed: %q: %w", s.path(repository), err)
	}
	return r, nil
}

func (s store) read(path string) (Record, error) {
	if err := s.own(); err != nil {
		return Record{}, err
	}
	// Opening a pipe for reading would wait.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return Record{}, hint.Cause(err)
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return Record{}, err
	}
	if err := s.mine(st, unix.S_IFREG, "a regular file"); err != nil {
		return Record{}, err
	}
	// One byte past the cap, so that a longer file is an error and not cut off.
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return Record{}, hint.Cause(err)
	}
	if len(data) > maxSize {
		return Record{}, errors.New("it is larger than 1 MiB")
	}
	var r Record
	if err := wire.Strict(data, &r); err != nil {
		return Record{}, fmt.Errorf("it is damaged: %w", err)
	}
	switch {
	case r.Version != version:
		return Record{}, fmt.Errorf("it has version %d, and this ctenv reads %d", r.Version, version)
	case r.UID != s.UID:
		return Record{}, fmt.Errorf("it is user %d's", r.UID)
	}
	return r, nil
}

// own checks the store's directory.
func (s store) own() error {
	var st unix.Stat_t
	if err := unix.Lstat(s.Dir, &st); err != nil {
		return err
	}
	return s.mine(st, unix.S_IFDIR, "a directory")
}

// mine says whether nobody but the caller can have written something.
func (s store) mine(st unix.Stat_t, format uint32, what string) error {
	switch mode := uint32(st.Mode); {
	case mode&unix.S_IFMT != format:
		return fmt.Errorf("it is not %s", what)
	case int(st.Uid) != s.UID:
		return fmt.Errorf("it belongs to another user, uid %d", st.Uid)
	case mode&0o022 != 0:
		return fmt.Errorf("others may write to it (mode %04o)", mode&0o7777)
	}
	return nil
}

// save writes a record, in the place of the one before.
func (s store) save(r Record) (err error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	if err := s.own(); err != nil {
		return fmt.Errorf("%q: %w", s.Dir, err)
	}
	if err := os.Chmod(s.Dir, 0o700); err != nil {
		return err
	}
	r.Version, r.UID = version, s.UID
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(s.Dir, ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.path(r.Repository))
}

// revoke forgets a repository, and says whether there was something to forget.
func (s store) revoke(repository string) (bool, error) {
	err := os.Remove(s.path(repository))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// list gives all records, by repository, and what is wrong with the files that cannot
// be believed.
func (s store) list() (records []Record, wrong []error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, []error{err}
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		path := filepath.Join(s.Dir, e.Name())
		r, err := s.read(path)
		if err == nil && s.path(r.Repository) != path {
			err = errors.New("it has another repository's name")
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%q: %w", path, err))
			continue
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b Record) int { return strings.Compare(a.Repository, b.Repository) })
	return records, wrong
}

// fresh gives the grants that r does not have.
func (r Record) fresh(asked []grants.Grant) []grants.Grant {
	return slices.DeleteFunc(slices.Clone(asked), func(g grants.Grant) bool {
		return slices.Contains(r.Grants, Grant{g.Kind, g.Value})
	})
}

// with is r and what was asked.
func (r Record) with(asked []grants.Grant) Record {
	r.Grants = slices.Clone(r.Grants)
	for _, g := range r.fresh(asked) {
		r.Grants = append(r.Grants, Grant{g.Kind, g.Value})
	}
	return r
}

// fingerprint identifies a set of grants, in 32 hexadecimal digits.
func fingerprint(asked []grants.Grant) string {
	var keys []string
	for _, g := range asked {
		keys = append(keys, fmt.Sprintf("%q", g.Key()))
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(keys), "\n")))
	return hex.EncodeToString(sum[:16])
}
